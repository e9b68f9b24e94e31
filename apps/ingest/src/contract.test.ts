import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { createTenant, saveIntegration } from "@mara/store";
import { openIngest, sampleOf, type OpenIngest } from "../test/open-ingest.ts";

let ingest: OpenIngest;

beforeAll(async () => {
  ingest = await openIngest();
});

beforeEach(async () => {
  await ingest.connection.flushall();
});

afterAll(async () => {
  await ingest.close();
});

const MAPPED = [
  ["stripe", "invoice.payment_failed"],
  ["polar", "order.paid"],
  ["clerk", "user.created"],
] as const;
const CARRIES_FACTS = ["clerk", "user.updated"] as const;
const UNMAPPED = [
  ["stripe", "payment_intent.succeeded"],
  ["polar", "customer.created"],
  ["clerk", "session.created"],
] as const;

describe("200", () => {
  it.each(MAPPED)("queued: a verified, new delivery of %s, %s", async (provider, type) => {
    const sample = sampleOf(provider, type);
    const answer = await ingest.deliver(provider, sample);
    expect(answer).toMatchObject({ status: 200, body: { status: "queued" } });
    const [job] = await ingest.jobs();
    expect(job).toMatchObject({ tenantId: "demo", provider, eventId: sample.id, eventType: type, dedupe: true, replay: false });
    expect(job?.requestId).toBe(answer.headers.get("x-request-id"));
    expect(JSON.parse(job?.body ?? "")).toMatchObject({ type });
  });

  it.each(MAPPED)("duplicate: the same event of %s again", async (provider, type) => {
    const sample = sampleOf(provider, type);
    await ingest.deliver(provider, sample);
    expect(await ingest.deliver(provider, sample)).toMatchObject({ status: 200, body: { status: "duplicate" } });
    expect(await ingest.jobs()).toHaveLength(1);
  });

  it("queued, once: fifty redeliveries of one event at the same time", async () => {
    const sample = sampleOf("stripe", "charge.refunded");
    const answers = await Promise.all(Array.from({ length: 50 }, () => ingest.deliver("stripe", sample)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(answers.filter(({ body }) => JSON.stringify(body) === '{"status":"queued"}')).toHaveLength(1);
    expect(await ingest.jobs()).toHaveLength(1);
  });

  it("queued: each delivery of an event whose id says nothing", async () => {
    const body = sampleOf("stripe", "charge.refunded").body.replace(/"id":\s*"evt_[^"]+"/, '"id":"evt_00000000000000"');
    const sample = { id: "evt_00000000000000", body };
    expect(await ingest.deliver("stripe", sample)).toMatchObject({ body: { status: "queued" } });
    expect(await ingest.deliver("stripe", sample)).toMatchObject({ body: { status: "queued" } });
  });

  it.each(UNMAPPED)("ignored: an event of %s that the tables do not name, %s, leaves no job", async (provider, type) => {
    const answer = await ingest.deliver(provider, sampleOf(provider, type));
    expect(answer).toMatchObject({ status: 200, body: { status: "ignored", reason: expect.stringMatching(/\w/) } });
    expect(await ingest.jobs()).toEqual([]);
  });

  it("ignored, and queued all the same: an event that becomes nothing but carries facts", async () => {
    const [provider, type] = CARRIES_FACTS;
    const answer = await ingest.deliver(provider, sampleOf(provider, type));
    expect(answer).toMatchObject({ status: 200, body: { status: "ignored", reason: expect.stringMatching(/\w/) } });
    expect(await ingest.jobs()).toMatchObject([{ eventType: type }]);
  });

  it("queued: an event of a mapped type whose object can't be understood, for the worker to fail", async () => {
    const sample = { id: "evt_odd", body: JSON.stringify({ id: "evt_odd", object: "event", type: "charge.refunded", created: 1, data: {} }) };
    expect(await ingest.deliver("stripe", sample)).toMatchObject({ status: 200, body: { status: "queued" } });
    expect(await ingest.jobs()).toMatchObject([{ eventId: "evt_odd" }]);
  });
});

describe("401", () => {
  it.each(PROVIDERS)("missing: a delivery of %s without a signature", async (provider) => {
    const answer = await ingest.post(`/api/webhooks/${provider}/demo`, sampleOf(provider, firstType(provider)).body);
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature", reason: "missing" } });
  });

  it.each(PROVIDERS)("mismatch: a delivery of %s that another tenant's secret signed", async (provider) => {
    const secret = connectors[provider].makeSecret(Buffer.alloc(32, 1));
    const answer = await ingest.deliver(provider, sampleOf(provider, firstType(provider)), { secret });
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature", reason: "mismatch" } });
  });

  it.each(PROVIDERS)("stale: a delivery of %s that was signed six minutes ago", async (provider) => {
    const answer = await ingest.deliver(provider, sampleOf(provider, firstType(provider)), { at: Date.now() - 360_000 });
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature", reason: "stale" } });
  });

  it("leaves no job", async () => {
    await ingest.deliver("stripe", sampleOf("stripe", "charge.refunded"), { at: Date.now() - 3_600_000 });
    expect(await ingest.jobs()).toEqual([]);
  });
});

describe("404", () => {
  it.each(["nobody", "__proto__", "constructor", "STRIPE", "stripe%20", "%73tripe", "%zz", "%"])("unknown provider: %s", async (name) => {
    expect(await ingest.post(`/api/webhooks/${name}/demo`, "{}")).toMatchObject({ status: 404, body: { error: "unknown_provider" } });
  });

  it.each(["nobody", "DEMO", "de mo", "demo%20", "%64emo", "demo'--", "%00", "%zz", "__proto__", "a".repeat(64), "é", "..%2f"])(
    "unknown tenant: %s",
    async (name) => {
      const path = `/api/webhooks/stripe/${name.replaceAll(" ", "+")}`;
      expect(await ingest.post(path, "{}")).toMatchObject({ status: 404, body: { error: "unknown_tenant" } });
    },
  );

  it.each(["/", "/api", "/api/webhooks", "/api/webhooks/", "/api/webhooks/stripe", "/api/webhooks/stripe/", "/api/webhooks/stripe/demo/more", "/nowhere"])(
    "as JSON for a path that is none: %s",
    async (path) => {
      const answer = await ingest.post(path, "{}");
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    },
  );
});

describe("405", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])("for %s", async (method) => {
    const response = await fetch(`${ingest.url}/api/webhooks/stripe/demo`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await response.json()).toEqual({ error: "method_not_allowed" });
  });
});

describe("412", () => {
  it("for a tenant without a secret of the provider, whatever the signature", async () => {
    await createTenant(ingest.store, { id: "bare", name: "Bare" });
    const answer = await ingest.deliver("polar", sampleOf("polar", "order.paid"), { tenantId: "bare" });
    expect(answer).toMatchObject({ status: 412, body: { error: "no_signing_secret" } });
  });
});

describe("413", () => {
  it("for a body over the limit, with the answer in full", async () => {
    const answer = await ingest.post("/api/webhooks/stripe/demo", "x".repeat(100_001), { "stripe-signature": "t=1,v1=00" });
    expect(answer).toMatchObject({ status: 413, body: { error: "payload_too_large" } });
  });

  it.each([
    ["one byte", { numbers: 10_000, wide: 0 }],
    ["three bytes", { numbers: 3_000, wide: 20_000 }],
  ])("for a body that would be kept larger than any may be, because its numbers are written out, with characters of %s", async (_size, count) => {
    const sample = sampleOf("clerk", "user.created");
    const numbers = Array.from({ length: count.numbers }, () => "1e20").join();
    const body = sample.body.replace("{", `{"numbers":[${numbers}],"wide":"${"字".repeat(count.wide)}",`);
    expect(Buffer.byteLength(body)).toBeLessThan(100_000);
    expect(await ingest.deliver("clerk", { ...sample, body })).toMatchObject({ status: 413, body: { error: "payload_too_large" } });
    expect(await ingest.jobs()).toHaveLength(0);
  });

  it("not for a body of just the limit", async () => {
    expect(await ingest.post("/api/webhooks/stripe/demo", "x".repeat(100_000))).toMatchObject({ status: 401 });
  });
});

describe("the order of checks", () => {
  const oddities = { unknown: "/api/webhooks/nobody/nobody", tenant: "/api/webhooks/stripe/nobody" };

  it("looks at the provider before the tenant", async () => {
    expect(await ingest.post(oddities.unknown, "{}")).toMatchObject({ body: { error: "unknown_provider" } });
  });

  it("looks at the tenant before its secret and the signature", async () => {
    expect(await ingest.post(oddities.tenant, "not even JSON")).toMatchObject({ body: { error: "unknown_tenant" } });
  });

  it("looks at the signature before the payload", async () => {
    expect(await ingest.post("/api/webhooks/stripe/demo", "not even JSON")).toMatchObject({ status: 401 });
    const answer = await ingest.deliver("stripe", { id: "x", body: "not even JSON" }, { at: Date.now() - 3_600_000 });
    expect(answer).toMatchObject({ body: { reason: "stale" } });
  });

  it("looks at the payload only after a right signature", async () => {
    const answer = await ingest.deliver("stripe", { id: "x", body: "not even JSON" });
    expect(answer).toMatchObject({ status: 400, body: { error: "malformed_payload" } });
  });
});

describe("rotation", () => {
  it("takes both secrets while they overlap", async () => {
    const old = connectors.stripe.makeSecret(Buffer.alloc(32, 2));
    const fresh = connectors.stripe.makeSecret(Buffer.alloc(32, 3));
    await createTenant(ingest.store, { id: "rotates", name: "Rotates" });
    await saveIntegration(ingest.store, "rotates", "stripe", { signingSecret: old });
    await saveIntegration(ingest.store, "rotates", "stripe", { signingSecret: fresh });
    await ingest.desk.publishSettingsChange("rotates");
    for (const secret of [old, fresh]) {
      const answer = await ingest.deliver("stripe", sampleOf("stripe", "charge.refunded"), { tenantId: "rotates", secret });
      expect(answer).toMatchObject({ status: 200, body: { status: "queued" } });
    }
    const [first, second] = await ingest.jobs();
    expect(first?.secretId).not.toBe(second?.secretId);
  });
});

function firstType(provider: (typeof PROVIDERS)[number]): string {
  return Object.keys(connectors[provider].samples)[0] ?? "";
}
