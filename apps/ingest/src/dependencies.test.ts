import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { connectors, PROVIDERS } from "@mara/connectors";
import { connectRedis, readJoblessDeliveries, type JoblessDelivery } from "@mara/queue";
import { createTenant, removeIntegration, saveIntegration } from "@mara/store";
import { cuttableWay, type CuttableWay } from "../../worker/test/cuttable.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { openIngest, sampleOf, type OpenIngest } from "../test/open-ingest.ts";

let ingest: OpenIngest;
let way: CuttableWay;

beforeEach(async () => {
  ingest = await openIngest({
    databaseUrl: async (text) => {
      const url = new URL(text);
      way = await cuttableWay({ host: url.hostname, port: Number(url.port) });
      url.host = `127.0.0.1:${way.port}`;
      return url.href;
    },
  });
});

afterEach(async () => {
  await ingest.close();
  await way.close();
});

const refund = () => sampleOf("stripe", "charge.refunded");
const deliver = () => ingest.deliver("stripe", refund());
const UNAVAILABLE = { status: 503, body: { error: "unavailable" } };

async function readiness(): Promise<unknown> {
  return (await fetch(`${ingest.url}/readyz`)).json();
}

describe("while Redis does not answer", () => {
  it.each(["SIGSTOP", "SIGKILL"] as const)("after %s, deliveries are sent back, and taken again when it does", async (signal) => {
    const sample = refund();
    await ingest.signalRedis(signal);
    const answers = await Promise.all([ingest.deliver("stripe", sample), deliver(), deliver()]);
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    expect(Number(answers[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await readiness()).toEqual({ status: "unavailable", failing: "redis" });

    if (signal === "SIGSTOP") await ingest.signalRedis("SIGCONT");
    else await ingest.startRedisAgain();
    await eventually(() => ingest.deliver("stripe", sample), ({ status }) => status === 200);
    expect((await ingest.jobs()).filter(({ eventId }) => eventId === sample.id)).toHaveLength(1);
    await eventually(readiness, (ready) => JSON.stringify(ready) === '{"status":"ready"}');
  });

  it("an event that becomes nothing is still answered: it needs no queue", async () => {
    await ingest.signalRedis("SIGSTOP");
    const answer = await ingest.deliver("polar", sampleOf("polar", "customer.created"));
    expect(answer).toMatchObject({ status: 200, body: { status: "ignored" } });
  });
});

describe("while Redis is out of memory", () => {
  it("deliveries are sent back", async () => {
    await ingest.connection.config("SET", "maxmemory", "1");
    expect(await deliver()).toMatchObject(UNAVAILABLE);
    await ingest.connection.config("SET", "maxmemory", "0");
    await eventually(deliver, ({ status }) => status === 200);
  });

  it("ingest says that it is ready: no other would fare better", async () => {
    await ingest.connection.config("SET", "maxmemory", "1");
    expect(await readiness()).toEqual({ status: "ready" });
    await ingest.connection.config("SET", "maxmemory", "0");
  });
});

describe("while Postgres is away", () => {
  it("every tenant whose secret is known is served, and only they", async () => {
    way.cut();
    expect(await deliver()).toMatchObject({ status: 200, body: { status: "queued" } });
    expect(await ingest.post("/api/webhooks/stripe/nobody", "{}")).toMatchObject(UNAVAILABLE);
    expect(await readiness()).toEqual({ status: "ready" });
    way.mend();
    const served = await eventually(() => ingest.post("/api/webhooks/stripe/nobody", "{}"), ({ status }) => status !== 503);
    expect(served).toMatchObject({ status: 404 });
  });

  it("known tenants are served also when Redis was away and changes may have been missed", async () => {
    way.cut();
    await ingest.connection.call("client", "KILL", "TYPE", "pubsub");
    for (let i = 0; i < 20; i++) expect(await deliver()).toMatchObject({ status: 200, body: { status: "queued" } });
  });
});

describe("a change in settings", () => {
  it("is in force with the next delivery", async () => {
    const fresh = connectors.stripe.makeSecret(randomBytes(32));
    await saveIntegration(ingest.store, "demo", "stripe", { signingSecret: fresh, overlapHours: 0 });
    await ingest.desk.publishSettingsChange("demo");
    await eventually(() => ingest.deliver("stripe", refund(), { secret: fresh }), ({ status }) => status === 200);
    expect(await deliver()).toMatchObject({ status: 401, body: { reason: "mismatch" } });

    await removeIntegration(ingest.store, "demo", "stripe");
    await ingest.desk.publishSettingsChange("demo");
    await eventually(() => ingest.deliver("stripe", refund(), { secret: fresh }), ({ status }) => status === 412);
  });

  it("brings a new tenant in", async () => {
    expect(await ingest.deliver("stripe", refund(), { tenantId: "new" })).toMatchObject({ status: 404 });
    await createTenant(ingest.store, { id: "new", name: "New" });
    await saveIntegration(ingest.store, "new", "stripe", { signingSecret: ingest.secrets.stripe });
    await ingest.desk.publishSettingsChange("new");
    await eventually(() => ingest.deliver("stripe", refund(), { tenantId: "new" }), ({ status }) => status === 200);
  });
});

describe("what is told of deliveries", () => {
  it("names each jobless one, of tenants that exist", async () => {
    const duplicate = refund();
    await ingest.deliver("stripe", duplicate);
    await ingest.deliver("stripe", duplicate);
    await ingest.deliver("polar", sampleOf("polar", "customer.created"));
    await ingest.deliver("stripe", refund(), { secret: connectors.stripe.makeSecret(randomBytes(32)) });
    await ingest.post("/api/webhooks/stripe/nobody", "{}");
    await ingest.post("/api/webhooks/clerk/demo", "x".repeat(200_000));
    await ingest.deliver("stripe", { id: "evt", body: "no event" });

    const told: JoblessDelivery[] = [];
    const connection = connectRedis(ingest.redisUrl, "worker", () => undefined);
    const reader = readJoblessDeliveries(connection, { keep: async (deliveries) => (told.push(...deliveries), []), onError: () => undefined });
    await eventually(() => told.length, (n) => n >= 5);
    await reader.close();
    connection.disconnect();
    expect(told.map(({ provider, outcome, reason }) => [provider, outcome, reason])).toEqual([
      ["stripe", "duplicate", "received before"],
      ["polar", "ignored", expect.stringMatching(/\w/)],
      ["stripe", "rejected", "mismatch"],
      ["clerk", "rejected", "payload_too_large"],
      ["stripe", "rejected", "malformed_payload"],
    ]);
    expect(told[0]).toMatchObject({ tenantId: "demo", providerEventId: duplicate.id, providerEventType: "charge.refunded", count: 1 });
    expect(told[2]).toMatchObject({ providerEventId: null, secretId: null });
  });

  it("quotes neither a body nor a secret in the log", async () => {
    for (const provider of PROVIDERS) {
      for (const type of Object.keys(connectors[provider].samples)) await ingest.deliver(provider, sampleOf(provider, type));
    }
    await ingest.deliver("stripe", { id: "evt", body: '{"email":"ada@example.com"' });
    await ingest.signalRedis("SIGKILL");
    await deliver();
    const log = ingest.log.join("");
    expect(log).not.toMatch(/@|Lovelace|whsec_|polar_whs|"data"/);
    for (const secret of Object.values(ingest.secrets)) expect(log).not.toContain(secret);
  });

  it("counts by provider and outcome, without a tenant or anything that a stranger chose", async () => {
    await deliver();
    await ingest.post("/api/webhooks/chosen-by-a-stranger/nobody", "{}");
    await ingest.post("/api/webhooks/stripe/demo", "{}");
    const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
    expect(metrics).toContain('mara_deliveries_received_total{provider="stripe",outcome="queued",reason=""} 1');
    expect(metrics).toContain('mara_deliveries_received_total{provider="unknown",outcome="unknown_provider",reason=""} 1');
    expect(metrics).toContain('mara_deliveries_received_total{provider="stripe",outcome="invalid_signature",reason="missing"} 1');
    expect(metrics).toContain("mara_secret_cache_tenants 1");
    expect(metrics).not.toMatch(/demo|nobody|chosen/);
  });

  it("times every answer that waited for the queue, whatever its name, and no other", async () => {
    const duplicate = refund();
    await ingest.deliver("stripe", duplicate);
    await ingest.deliver("stripe", duplicate);
    expect(await ingest.deliver("clerk", sampleOf("clerk", "user.updated"))).toMatchObject({ body: { status: "ignored" } });
    expect(await ingest.deliver("polar", sampleOf("polar", "customer.created"))).toMatchObject({ body: { status: "ignored" } });
    await ingest.post("/api/webhooks/stripe/demo", "{}");
    expect(await ingest.jobs()).toHaveLength(2);
    expect(await (await fetch(`${ingest.url}/metrics`)).text()).toContain("mara_acknowledgement_seconds_count 3");
  });
});
