import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { makeSecret } from "./secret.ts";
import { sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 2, 12);
const SECRET = makeSecret(Buffer.alloc(24, "one"));
const OTHER = makeSecret(Buffer.alloc(24, "another"));
const ID = "msg_2Lq8";
const BODY = '{"type":"user.created","data":{"first_name":"Zoë"}}';
const HEADERS = sign({ id: ID, body: BODY }, SECRET, NOW);
const SIGNATURE = HEADERS["svix-signature"] ?? "";

function verdict(headers: Record<string, string | string[] | undefined>, body: string | Buffer = BODY, now = NOW) {
  return verify({ headers, body: Buffer.from(body) }, [{ id: "first", value: SECRET }], now);
}

/** The same three headers under the names of another family. */
function renamed(family: string): Record<string, string> {
  return Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [name.replace("svix", family), value]));
}

describe("a Svix signature", () => {
  it("is what the published test vector of Svix says", () => {
    const headers = sign(
      { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' },
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      1_614_265_330_000,
    );
    expect(headers["svix-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("is the HMAC of id, seconds and body under the decoded secret", () => {
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const mac = createHmac("sha256", key).update(`${ID}.${NOW / 1000}.${BODY}`).digest("base64");
    expect(SIGNATURE).toBe(`v1,${mac}`);
  });

  it.each(["svix", "webhook"])("passes under the headers named %s-*", (family) => {
    expect(verdict(renamed(family))).toMatchObject({ ok: true, delivery: { secretId: "first" } });
  });

  it("passes beside others in one header, as they come while a secret is being replaced", () => {
    const signatures = `v1,${"A".repeat(43)}= v2,later ${SIGNATURE} v1,short`;
    expect(verdict({ ...HEADERS, "svix-signature": signatures }).ok).toBe(true);
  });

  it("names the secret that it matches", () => {
    const secrets = [
      { id: "new", value: OTHER },
      { id: "old", value: SECRET },
    ];
    expect(verify({ headers: HEADERS, body: Buffer.from(BODY) }, secrets, NOW)).toMatchObject({
      ok: true,
      delivery: { secretId: "old" },
    });
  });
});

describe("a delivery is refused as missing a signature", () => {
  it.each(["svix-id", "svix-timestamp", "svix-signature"])("without %s", (name) => {
    expect(verdict({ ...HEADERS, [name]: undefined })).toEqual({ ok: false, reason: "missing" });
    expect(verdict({ ...HEADERS, [name]: "" })).toEqual({ ok: false, reason: "missing" });
  });

  it("when its three headers are of two families", () => {
    const { "svix-signature": signature, ...rest } = HEADERS;
    expect(verdict({ ...rest, "webhook-signature": signature })).toEqual({ ok: false, reason: "missing" });
  });
});

describe("a delivery is refused as a mismatch", () => {
  it.each<[string, Record<string, string | string[]>]>([
    ["its signature is of other text", { "svix-signature": `v1,${"A".repeat(43)}=` }],
    ["its signature is cut", { "svix-signature": SIGNATURE.slice(0, -1) }],
    ["its signature names no version", { "svix-signature": SIGNATURE.slice(3) }],
    ["its signature is of another version", { "svix-signature": SIGNATURE.replace("v1", "v2") }],
    ["its signature is empty but for the version", { "svix-signature": "v1," }],
    ["its signature is huge", { "svix-signature": "v1,x ".repeat(100_000) }],
    ["its id is another", { "svix-id": "msg_other" }],
    ["its id is huge", { "svix-id": "m".repeat(100_000) }],
    ["its id is repeated", { "svix-id": [ID, ID] }],
    ["its timestamp is another", { "svix-timestamp": String(NOW / 1000 + 1) }],
    ["its timestamp is repeated", { "svix-timestamp": [String(NOW / 1000), String(NOW / 1000)] }],
    ["its timestamp is no number", { "svix-timestamp": "yesterday" }],
    ["its timestamp is spelt unlike Svix does", { "svix-timestamp": `0${NOW / 1000}` }],
    ["its timestamp is followed by something", { "svix-timestamp": `${NOW / 1000}.5` }],
    ["its timestamp is beyond all dates", { "svix-timestamp": "9".repeat(400) }],
  ])("when %s", (_, changed) => {
    expect(verdict({ ...HEADERS, ...changed })).toEqual({ ok: false, reason: "mismatch" });
  });

  it("when one character of the body was changed", () => {
    expect(verdict(HEADERS, BODY.replace("Zoë", "Zoé"))).toEqual({ ok: false, reason: "mismatch" });
  });

  it("when its body is empty or not text", () => {
    expect(verdict(HEADERS, "")).toEqual({ ok: false, reason: "mismatch" });
    expect(verdict(HEADERS, Buffer.from([0xff, 0xfe, 0x00]))).toEqual({ ok: false, reason: "mismatch" });
  });

  it.each(["", "whsec_", "whsec_!!!", "whsec_YWI=", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"])(
    "when the only secret is %j, which can't be one",
    (value) => {
      const delivery = { headers: HEADERS, body: Buffer.from(BODY) };
      expect(verify(delivery, [{ id: "odd", value }], NOW)).toEqual({ ok: false, reason: "mismatch" });
    },
  );

  it("when it is signed with the empty key that an empty secret would decode to", () => {
    const mac = createHmac("sha256", "").update(`${ID}.${NOW / 1000}.${BODY}`).digest("base64");
    const delivery = { headers: { ...HEADERS, "svix-signature": `v1,${mac}` }, body: Buffer.from(BODY) };
    expect(verify(delivery, [{ id: "empty", value: "whsec_" }], NOW)).toEqual({ ok: false, reason: "mismatch" });
  });

  it("when there is no secret at all", () => {
    const delivery = { headers: HEADERS, body: Buffer.from(BODY) };
    expect(verify(delivery, [], NOW)).toEqual({ ok: false, reason: "mismatch" });
  });
});

describe("the time of a delivery", () => {
  it.each([
    ["300 s ago", NOW + 300_000, { ok: true }],
    ["301 s ago", NOW + 301_000, { ok: false, reason: "stale" }],
    ["300 s ahead", NOW - 300_000, { ok: true }],
    ["301 s ahead", NOW - 301_000, { ok: false, reason: "stale" }],
  ])("of %s is judged by the clock that is given", (_, now, expected) => {
    expect(verdict(HEADERS, BODY, now)).toMatchObject(expected);
  });

  it("is no matter where the signature is wrong", () => {
    expect(verdict(HEADERS, `${BODY} `, NOW + 301_000)).toEqual({ ok: false, reason: "mismatch" });
  });
});
