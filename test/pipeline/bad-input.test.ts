import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { post, somethingOf } from "../support/provider-client.ts";

let pipeline: Pipeline;
let tenant: PipelineTenant;
let seeds = 0;

beforeAll(async () => {
  pipeline = await openPipeline();
  tenant = await pipeline.tenant();
});
afterAll(() => pipeline.close());

const urlOf = (provider: Provider) => `${pipeline.ingestUrls[0]}/api/webhooks/${provider}/${tenant.id}`;
const something = (provider: Provider) => somethingOf(provider, { at: Date.now(), seed: `bad${++seeds}`, person: { email: `p${seeds}@example.com` } });

/** Nothing is stuck, and the next one goes through as ever. */
async function expectWell(): Promise<void> {
  await tenant.settled();
  for (const provider of PROVIDERS) {
    const event = something(provider);
    expect((await tenant.send(provider, event)).body).toEqual({ status: "queued" });
    await eventually(() => pipeline.api.events(tenant.id, `provider=${provider}`), (events) => events.some((each) => each.providerEventId === event.id));
  }
}

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** Signed as it should be, and odd: each of them as text that stands in the place of some field's value. */
const ODD: readonly (readonly [what: string, value: string])[] = [
  ["a NUL character", String.raw`"a\u0000b"`],
  ["half a surrogate pair", String.raw`"\ud800"`],
  ["a number that is too large", "1e999"],
  ["a whole number beyond those that are exact", "123456789012345678901234567890"],
  ["a negative zero", "-0"],
  ["a long text", `"${"x".repeat(300_000)}"`],
  ["a deep nesting", nested(3_000)],
  ["a list of lists", "[[[[]]]]"],
  ["keys of the prototype", String.raw`{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`],
  ["null", "null"],
  ["a truth", "true"],
  ["a text that looks like SQL", `"'); DROP TABLE events; --"`],
];

/**
 * The fields whose values are taken out, by provider: ids, times, amounts, whom it is about, and the object itself. Of a
 * provider without a choice here: all that the event has.
 */
const FIELDS: Readonly<Partial<Record<Provider, readonly string[]>>> = {
  stripe: ["id", "created", "amount_total", "customer", "customer_details", "metadata", "currency", "object"],
  polar: ["timestamp", "id", "total_amount", "customer", "metadata", "billing_reason", "currency", "data"],
  clerk: ["id", "timestamp", "updated_at", "email_addresses", "public_metadata", "username", "external_id", "data"],
};

function fieldsOf(provider: Provider): Iterable<string> {
  const names = new Set<string>();
  JSON.parse(something(provider).body, (key, value: unknown) => {
    if (key !== "" && Number.isNaN(Number(key))) names.add(key);
    return value;
  });
  return FIELDS[provider] ?? names;
}

/** The event with the first field of that name set to `value`, which is JSON text. */
function withField(body: string, field: string, value: string): string {
  const placeholder = "@@here@@";
  let isSet = false;
  const text = JSON.stringify(JSON.parse(body), (key: string, known: unknown) => {
    if (key !== field || isSet) return known;
    isSet = true;
    return placeholder;
  });
  return text.replace(`"${placeholder}"`, () => value);
}

describe.each(PROVIDERS)("a verified event of %s with", (provider) => {
  it.each(ODD)("%s anywhere in it is taken or refused, and holds nobody up", async (_what, value) => {
    for (const field of fieldsOf(provider)) {
      const { id, body } = something(provider);
      const answer = await tenant.send(provider, { id, body: withField(body, field, value) });
      expect([200, 400]).toContain(answer.status);
    }
    await tenant.settled();
    expect(Object.keys({})).toEqual([]);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("after all of that", () => {
  it("everybody's events go through, and what failed says why in few words", async () => {
    await expectWell();
    const failed = await pipeline.api.deliveries(tenant.id, "outcome=failed");
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatch(/^[\w .,:'()[\]]{3,120}$/);
  });
});

describe("a body that is", () => {
  it.each([
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["compressed", gzipSync('{"id":"evt_1","type":"order.paid"}')],
    ["nothing but NULs", Buffer.alloc(1_000)],
    ["too deep to be read", Buffer.from("[".repeat(200_000))],
  ])("%s is refused, signed or not", async (_what, bytes) => {
    const body = new Uint8Array(bytes);
    const at = String(Math.floor(Date.now() / 1_000));
    // The connector signs text; these are bytes.
    const key = Buffer.from(tenant.secrets.clerk.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`msg_1.${at}.`).update(body).digest("base64");
    const signed = { "svix-id": "msg_1", "svix-timestamp": at, "svix-signature": `v1,${signature}` };
    const answer = await post(urlOf("clerk"), body, signed);
    expect([400, 401]).toContain(answer.status);
    for (const provider of PROVIDERS) expect((await post(urlOf(provider), body, { "content-encoding": "gzip" })).body).toMatchObject({ reason: "missing" });
  });
});

describe("headers that are", () => {
  const send = (provider: Provider, headers: Record<string, string>) => post(urlOf(provider), something(provider).body, headers);

  it.each<[string, Record<string, string>]>([
    ["empty", { "stripe-signature": "", "webhook-id": "", "webhook-timestamp": "", "webhook-signature": "", "svix-id": "", "svix-timestamp": "", "svix-signature": "" }],
    ["odd", { "stripe-signature": "t=NaN,v1=,,=,v1", "webhook-id": "a", "webhook-timestamp": "-1e9", "webhook-signature": "v1,v1,v1", "svix-id": "a", "svix-timestamp": "0x1", "svix-signature": "v1,====" }],
    ["long", { "stripe-signature": `t=1,${"v1=00,".repeat(700)}`, "webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,AA== ".repeat(300), "svix-id": "a", "svix-timestamp": "1", "svix-signature": "v1,AA== ".repeat(300) }],
  ])("%s are refused as a signature that is none", async (_what, headers) => {
    for (const provider of PROVIDERS) expect((await send(provider, headers)).status).toBe(401);
  });

  it("longer than anybody's are refused before they are read", async () => {
    expect((await send("stripe", { "stripe-signature": "x".repeat(40_000) })).status).toBe(431);
  });

  it("given twice, or no HTTP at all, are refused in JSON", async () => {
    const { hostname, port } = new URL(pipeline.ingestUrls[0]);
    const raw = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.end(text));
        let answer = "";
        socket.on("data", (chunk) => (answer += chunk.toString())).on("close", () => resolve(answer)).on("error", reject);
      });
    const path = new URL(urlOf("stripe")).pathname;
    const twice = await raw(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nstripe-signature: t=1,v1=0\r\nstripe-signature: t=2,v1=0\r\ncontent-length: 2\r\n\r\n{}`);
    expect(twice).toMatch(/^HTTP\/1\.1 401 [^]*"mismatch"/);
    expect(await raw("hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 [^]*\{"error":/);
    expect(await raw(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("a sender who goes away in the middle of a body", () => {
  it("leaves nothing behind", async () => {
    const fresh = await pipeline.tenant();
    const { hostname, port } = new URL(pipeline.ingestUrls[0]);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST /api/webhooks/stripe/${fresh.id} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"id":`, () => socket.destroy());
      });
      socket.on("close", () => resolve());
    });
    await fresh.send("stripe", something("stripe"));
    await fresh.settled();
    expect(await pipeline.api.deliveries(fresh.id)).toHaveLength(1);
  });
});
