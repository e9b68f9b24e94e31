import { createHmac } from "node:crypto";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { Delivery } from "./connector.ts";
import { signedHeaders, verifyStandard } from "./standard-webhooks.ts";

const NOW = Date.UTC(2026, 10, 2, 12);
const SECONDS = String(NOW / 1000);
const KEYS = { ours: Buffer.alloc(24, "ours"), theirs: Buffer.alloc(24, "theirs") };
const BODY = '{"type":"order.paid"}';

/** By the specification, and by none of the libraries. */
function signatureOf(key: Buffer, { id = "evt_1", timestamp = SECONDS, body = BODY } = {}): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

function deliveryOf(told: Record<string, string | string[] | undefined> = {}): Delivery {
  const signed = { "webhook-id": "evt_1", "webhook-timestamp": SECONDS, "webhook-signature": signatureOf(KEYS.ours) };
  return { headers: { ...signed, ...told }, body: Buffer.from(BODY) };
}

function verify(delivery: Delivery, { now = NOW, secrets = ["ours"], families = ["webhook"] } = {}) {
  const signersOf = (secret: string) =>
    Object.entries(KEYS)
      .filter(([name]) => secret.includes(name))
      .map(([, key]) => new Webhook(key, { format: "raw" }));
  const named = secrets.map((value, i) => ({ id: `secret ${i}`, value }));
  const verdict = verifyStandard(delivery, families, signersOf, named, now);
  return verdict.ok ? verdict.delivery.secretId : verdict.reason;
}

describe("a signature by the Standard Webhooks specification", () => {
  it("is accepted, and the secret that made it is named", () => {
    expect(verify(deliveryOf(), { secrets: ["theirs", "none", "ours"] })).toBe("secret 2");
  });

  it("is accepted by any key that a secret may stand for", () => {
    expect(verify(deliveryOf(), { secrets: ["theirs or ours"] })).toBe("secret 0");
  });

  it.each([
    ["among those of other keys", `${signatureOf(KEYS.theirs)} ${signatureOf(KEYS.ours)}`],
    ["among versions that are unknown", `v2,${"x".repeat(44)} v1a,x ${signatureOf(KEYS.ours)}`],
    ["between spaces", `  ${signatureOf(KEYS.ours)}  `],
  ])("is accepted %s", (_, signature) => {
    expect(verify(deliveryOf({ "webhook-signature": signature }))).toBe("secret 0");
  });

  it.each([
    ["of another key", signatureOf(KEYS.theirs)],
    ["of another id", signatureOf(KEYS.ours, { id: "evt_2" })],
    ["of another time", signatureOf(KEYS.ours, { timestamp: String(NOW / 1000 + 1) })],
    ["of another body", signatureOf(KEYS.ours, { body: `${BODY} ` })],
    ["without its version", signatureOf(KEYS.ours).slice(3)],
    ["of another version", signatureOf(KEYS.ours).replace("v1", "v2")],
    ["cut short", signatureOf(KEYS.ours).slice(0, -1)],
    ["and more", `${signatureOf(KEYS.ours)}A`],
    ["empty", "v1,"],
    ["as long as the right one, in bytes that are none", "\u{1f511}".repeat(23) + "x"],
  ])("is a mismatch %s", (_, signature) => {
    expect(verify(deliveryOf({ "webhook-signature": signature }))).toBe("mismatch");
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is missing without %s", (name) => {
    for (const absent of [undefined, "", [], [""]]) expect(verify(deliveryOf({ [name]: absent }))).toBe("missing");
  });

  it.each([
    ["in milliseconds", String(NOW)],
    ["with a fraction", `${SECONDS}.0`],
    ["with a sign", `+${SECONDS}`],
    ["with a zero in front", `0${SECONDS}`],
    ["with a space", ` ${SECONDS}`],
    ["with words after it", `${SECONDS}abc`],
    ["as a date", new Date(NOW).toISOString()],
    ["beyond all dates", "9".repeat(300)],
  ])("is a mismatch where the time is written %s", (_, timestamp) => {
    const signatures = [signatureOf(KEYS.ours), signatureOf(KEYS.ours, { timestamp })].join(" ");
    expect(verify(deliveryOf({ "webhook-timestamp": timestamp, "webhook-signature": signatures }))).toBe("mismatch");
  });

  it.each([
    ["old", 300_000, 301_000],
    ["early", -300_000, -301_000],
  ])("may be 300 s %s and no more", (_, within, beyond) => {
    expect(verify(deliveryOf(), { now: NOW + within })).toBe("secret 0");
    expect(verify(deliveryOf(), { now: NOW + beyond })).toBe("stale");
  });

  it("is a mismatch rather than stale where it is both", () => {
    expect(verify(deliveryOf(), { now: NOW + 301_000, secrets: ["theirs"] })).toBe("mismatch");
  });

  it("is a mismatch where id or time come twice", () => {
    expect(verify(deliveryOf({ "webhook-id": ["evt_1", "evt_1"] }))).toBe("mismatch");
    expect(verify(deliveryOf({ "webhook-timestamp": [SECONDS, SECONDS] }))).toBe("mismatch");
  });
});

describe("the arithmetic of a signature", () => {
  it.each(["standardwebhooks", "svix"])("is node:crypto's in %s, not JavaScript's", (library) => {
    const its = createRequire(createRequire(import.meta.url).resolve(library));
    const signs = library === "svix" ? createRequire(its.resolve("standardwebhooks")) : its;
    expect(realpathSync(signs.resolve("fast-sha256"))).toMatch(/packages\/fast-sha256\/sha256\.js$/);
  });
});

describe("the headers", () => {
  const webhook = { "webhook-id": "1", "webhook-timestamp": "2", "webhook-signature": "3" };
  const svix = { "svix-id": "4", "svix-timestamp": "5", "svix-signature": "6" };
  const families = ["svix", "webhook"];

  it("are those of the first family that is there", () => {
    expect(signedHeaders({ headers: { ...webhook, ...svix } }, families)?.id).toBe("4");
    expect(signedHeaders({ headers: webhook }, families)?.id).toBe("1");
    expect(signedHeaders({ headers: svix }, ["webhook"])).toBeNull();
  });

  it("are all of one family", () => {
    const { "svix-id": _, ...incomplete } = svix;
    expect(signedHeaders({ headers: { ...incomplete, ...webhook } }, families)?.id).toBe("1");
    expect(signedHeaders({ headers: { ...incomplete, "webhook-id": "1" } }, families)).toBeNull();
  });
});
