import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { makeSecret } from "./secret.ts";
import { eventIdOf, sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 2, 12);
const SECONDS = NOW / 1000;
const BODY = '{"type":"subscription.created","data":{"name":"Zoë 🎉"}}';
const ID = "3f0a8a0e-52a1-4a51-a7b8-5f5c9f3cf1f2";
const OLDEST = "polar_whs_Vb3kTq9ZsR1xYw8LmNcPdEfGhJ2aUo5i7K0sXtQzCvB";
const BETWEEN = "whsec_Vb3kTq9ZsR1xYw8LmNcPdEfGhJ2aUo5i7K0sXtQzCvB";
const NEWEST = "whsec_0123456789abcdefABCDEF+/0123456789abcdefABC=";

/** As Polar computes it, by neither of our ways. */
function signedWith(key: string | Buffer) {
  const signature = createHmac("sha256", key).update(`${ID}.${SECONDS}.${BODY}`).digest("base64");
  return {
    headers: { "webhook-id": ID, "webhook-timestamp": String(SECONDS), "webhook-signature": `v1,${signature}` },
    body: Buffer.from(BODY),
  };
}

const wholeText = (secret: string) => Buffer.from(secret, "utf8");
const base64 = (secret: string) => Buffer.from(secret.slice("whsec_".length), "base64");

describe("a delivery from Polar", () => {
  it.each([
    ["of an endpoint made before 2026-06-29", OLDEST, wholeText(OLDEST)],
    ["of one made before 2026-09-08", BETWEEN, wholeText(BETWEEN)],
    ["of one made before 2026-09-08 whose secret could be of today", NEWEST, wholeText(NEWEST)],
    ["of one made since", NEWEST, base64(NEWEST)],
  ])("verifies by the secret %s", (_, secret, key) => {
    const verdict = verify(signedWith(key), [{ id: "one", value: secret }], NOW);
    expect(verdict).toMatchObject({ ok: true, delivery: { secretId: "one" } });
  });

  it.each([
    ["only part of an old secret is the key", OLDEST, base64(`whsec_${OLDEST.slice("polar_whs_".length)}`)],
    ["the text after whsec_ is the key", BETWEEN, wholeText(BETWEEN.slice("whsec_".length))],
    ["it was signed with another secret", NEWEST, wholeText(OLDEST)],
  ])("does not verify where %s", (_, secret, key) => {
    expect(verify(signedWith(key), [{ id: "one", value: secret }], NOW)).toEqual({ ok: false, reason: "mismatch" });
  });

  it("verifies by any of several secrets", () => {
    const secrets = [OLDEST, BETWEEN, NEWEST].map((value) => ({ id: value, value }));
    expect(verify(signedWith(base64(NEWEST)), secrets, NOW)).toMatchObject({ ok: true, delivery: { secretId: NEWEST } });
  });

  it("is a mismatch while the tenant's secret can't be one", () => {
    for (const value of ["", "whsec_", "whsec_!!!", "\ud800"]) {
      expect(verify(signedWith(wholeText(OLDEST)), [{ id: "odd", value }], NOW)).toEqual({ ok: false, reason: "mismatch" });
    }
  });

  it("does not verify under the header names of others", () => {
    const { headers, body } = signedWith(wholeText(OLDEST));
    const renamed = Object.entries(headers).map(([name, value]) => [name.replace("webhook", "svix"), value]);
    const delivery = { headers: Object.fromEntries(renamed), body };
    expect(verify(delivery, [{ id: "one", value: OLDEST }], NOW)).toEqual({ ok: false, reason: "missing" });
  });

  it("has the id that its header names", () => {
    expect(eventIdOf(signedWith(wholeText(OLDEST)))).toBe(ID);
    expect(eventIdOf({ headers: {} })).toBeNull();
  });
});

describe("what we sign in Polar's stead", () => {
  it.each([
    ["an old secret", OLDEST, wholeText(OLDEST)],
    ["a secret that is no base64", BETWEEN, wholeText(BETWEEN)],
    ["a secret of today", NEWEST, base64(NEWEST)],
  ])("is signed as Polar does with %s", (_, secret, key) => {
    expect(sign({ id: ID, body: BODY }, secret, NOW + 999)).toEqual({
      "content-type": "application/json",
      ...signedWith(key).headers,
    });
  });

  it("is signed with the very bytes that a new secret is made of", () => {
    const random = Buffer.alloc(32, 0xfe);
    const secret = makeSecret(random);
    expect(sign({ id: ID, body: BODY }, secret, NOW)).toMatchObject(signedWith(random).headers);
  });

  it("is not signed with nothing", () => {
    expect(() => sign({ id: ID, body: BODY }, "", NOW)).toThrow(TypeError);
  });
});
