import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { Envelope } from "../../packages/connectors/test/envelope.ts";
import { noEvents } from "../../packages/connectors/test/no-events.ts";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { makeSecrets, post, sendSigned, somethingOf } from "../support/provider-client.ts";

const MAX_BODY_BYTES = 65_536;

let pipeline: Pipeline;
let tenant: PipelineTenant;
let ingest: string;
let seeds = 0;

beforeAll(async () => {
  pipeline = await openPipeline({ maxBodyBytes: MAX_BODY_BYTES });
  tenant = await pipeline.tenant();
  [ingest] = pipeline.ingestUrls;
});
afterAll(() => pipeline.close());

/** An event that becomes something, new each time. */
function something(provider: Provider) {
  return somethingOf(provider, { at: Date.now(), seed: `answers${++seeds}` });
}

const urlOf = (provider: string, tenantId: string) => `${ingest}/api/webhooks/${provider}/${tenantId}`;

describe.each(PROVIDERS)("a delivery of %s", (provider) => {
  it("that is new is queued, and again a duplicate", async () => {
    const event = something(provider);
    expect(await tenant.send(provider, event)).toMatchObject({ status: 200, body: { status: "queued" } });
    expect(await tenant.send(provider, event)).toMatchObject({ status: 200, body: { status: "duplicate" } });
  });

  it("that becomes nothing is ignored, with the reason", async () => {
    const event = something(provider);
    const unknown = { id: event.id, body: new Envelope(event).withType("nobody.knows") };
    expect(await tenant.send(provider, unknown)).toMatchObject({ status: 200, body: { status: "ignored", reason: expect.any(String) } });
  });

  it.each(noEvents(something(provider)).filter(([, body]) => body.length <= MAX_BODY_BYTES))("whose body is %s is malformed", async (_what, body) => {
    const answer = await tenant.send(provider, { id: "msg_malformed", body });
    expect(answer).toMatchObject({ status: 400, body: { error: "malformed_payload" } });
    expect(answer.body).toEqual({ error: "malformed_payload" });
  });

  it("without a signature is refused as missing one", async () => {
    const answer = await post(urlOf(provider, tenant.id), something(provider).body);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ error: "invalid_signature", reason: "missing" });
  });

  it("signed with another's secret is refused as a mismatch", async () => {
    const answer = await sendSigned(ingest, tenant.id, provider, something(provider), makeSecrets()[provider]);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ error: "invalid_signature", reason: "mismatch" });
  });

  it.each([
    ["long ago", -301_000],
    ["in the future", 302_000],
  ])("signed %s is refused as stale", async (_when, offset) => {
    const answer = await tenant.send(provider, something(provider), { signedAt: Date.now() + offset });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ error: "invalid_signature", reason: "stale" });
  });

  it("that belongs to another tenant is refused as a mismatch", async () => {
    const other = await pipeline.tenant();
    const event = something(provider);
    expect((await other.send(provider, event)).body).toEqual({ status: "queued" });
    const answer = await sendSigned(ingest, tenant.id, provider, event, other.secrets[provider]);
    expect(answer.body).toEqual({ error: "invalid_signature", reason: "mismatch" });
  });

  it("to a tenant who does not exist is refused, whatever its signature", async () => {
    const answer = await sendSigned(ingest, "nobody", provider, something(provider), tenant.secrets[provider]);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ error: "unknown_tenant" });
    expect((await post(urlOf(provider, "nobody"), "hello")).body).toEqual({ error: "unknown_tenant" });
  });

  it("to a tenant without a secret is refused, whatever its signature", async () => {
    const { id } = await pipeline.api.createTenant(`bare-${provider}`);
    const answer = await sendSigned(ingest, id, provider, something(provider), tenant.secrets[provider]);
    expect(answer.status).toBe(412);
    expect(answer.body).toEqual({ error: "no_signing_secret" });
    expect((await post(urlOf(provider, id), "hello")).body).toEqual({ error: "no_signing_secret" });
  });

  it("that is too large is refused, whatever its signature", async () => {
    const large = { id: "msg_large", body: " ".repeat(MAX_BODY_BYTES + 1) };
    const answer = await tenant.send(provider, large);
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({ error: "payload_too_large" });
  });

  it("may be as large as the limit", async () => {
    const event = something(provider);
    const padded = { ...event, body: event.body.padEnd(MAX_BODY_BYTES, " ") };
    expect((await tenant.send(provider, padded)).body).toEqual({ status: "queued" });
  });

  it.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])("by %s is no delivery", async (method) => {
    const response = await fetch(urlOf(provider, tenant.id), { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await response.json()).toEqual({ error: "method_not_allowed" });
  });
});

describe("what comes in at the wrong door", () => {
  it.each(["nobody", "Stripe", "__proto__", "constructor", "stripe%00", "%73tripe"])("of the provider %s is of none", async (provider) => {
    const answer = await post(urlOf(provider, tenant.id), "{}");
    expect(answer).toMatchObject({ status: 404, body: { error: "unknown_provider" } });
    expect((await post(urlOf(provider, "nobody"), "{}")).body).toEqual({ error: "unknown_provider" });
  });

  it.each(["__proto__", "..%2f..%2fetc", "%00", "tenant-1%20", "%f0%9f%a6%89", "x".repeat(2_000)])("for the tenant %s is for nobody", async (tenantId) => {
    expect(await post(urlOf("stripe", tenantId), "{}")).toMatchObject({ status: 404, body: { error: "unknown_tenant" } });
  });

  it.each(["/", "/api", "/api/webhooks", "/api/webhooks/stripe", "/api/webhooks/stripe/a/b", "/queues"])("%s is not there, and says so in JSON", async (path) => {
    const answer = await post(`${ingest}${path}`, "{}");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
  });
});

describe("what was rejected", () => {
  const rejectionOf = ({ id }: PipelineTenant) =>
    eventually(() => pipeline.api.deliveries(id, "outcome=rejected"), (seen) => seen.length > 0);

  it.each([
    ["missing", ({ id }: PipelineTenant) => post(urlOf("polar", id), "{}")],
    ["mismatch", ({ id }: PipelineTenant) => sendSigned(ingest, id, "polar", something("polar"), makeSecrets().polar)],
    ["stale", ({ send }: PipelineTenant) => send("polar", something("polar"), { signedAt: Date.now() - 3_600_000 })],
    ["malformed_payload", ({ send }: PipelineTenant) => send("polar", { id: "msg_1", body: "hello" })],
    ["payload_too_large", ({ send }: PipelineTenant) => send("polar", { id: "msg_1", body: " ".repeat(MAX_BODY_BYTES + 1) })],
  ] as const)("as %s is listed so, with nothing of its body", async (reason, send) => {
    const fresh = await pipeline.tenant();
    await send(fresh);
    expect(await rejectionOf(fresh)).toEqual([
      expect.objectContaining({ provider: "polar", outcome: "rejected", reason, providerEventId: null, providerEventType: null, eventId: null, contactId: null }),
    ]);
    expect((await pipeline.store.pool.query("SELECT 1 FROM payloads WHERE tenant_id = $1", [fresh.id])).rows).toEqual([]);
  });

  it("shows in the health of its connector alone", async () => {
    const { id, secrets } = await pipeline.tenant();
    await sendSigned(ingest, id, "polar", something("polar"), secrets.clerk);
    const { stripe, polar, clerk } = await eventually(() => pipeline.api.integrations(id), (seen) => seen.polar.health.last24h.rejected === 1);
    expect(polar.health.lastProblem).toMatch(/signature does not match/);
    expect([stripe, clerk].map(({ health }) => [health.last24h.rejected, health.lastProblem])).toEqual([[0, null], [0, null]]);
  });
});
