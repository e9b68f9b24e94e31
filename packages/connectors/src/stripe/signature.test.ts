import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { Delivery, SigningSecret } from "../connector.ts";
import { sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 1, 12);
const SECONDS = NOW / 1000;
const SECRET = "whsec_0123456789abcdefghijklmnopqrstuv";
const BODY = '{"id":"evt_1","object":"event","name":"Zoë 😀"}';

/** Signed here by Stripe's rules rather than with its library, so that the two check each other. */
function v1(timestamp: number | string, secret = SECRET, body: string | Buffer = BODY): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
}

const deliveryOf = (header: string | string[] | undefined, body: string | Buffer = BODY): Delivery => ({
  headers: { "stripe-signature": header },
  body: Buffer.from(body),
});
const secretsOf = (...values: string[]): SigningSecret[] => values.map((value, i) => ({ id: `secret-${i}`, value }));
const check = (header: string | string[] | undefined, secrets = secretsOf(SECRET), body: string | Buffer = BODY) =>
  verify(deliveryOf(header, body), secrets, NOW);

const good = `t=${SECONDS},v1=${v1(SECONDS)}`;

describe("verify", () => {
  it.each<[string, string | string[]]>([
    ["the plain header", good],
    ["a header in a list of one", [good]],
    ["any of several v1", `t=${SECONDS},v1=${"0".repeat(64)},v1=${v1(SECONDS)}`],
    ["a v0 beside it", `t=${SECONDS},v1=${v1(SECONDS)},v0=${"0".repeat(64)}`],
    ["what can be no signature beside it", `t=${SECONDS},v1=,v1=${"é".repeat(64)},v1=${v1(SECONDS)}`],
    ["the timestamp last", `v1=${v1(SECONDS)},t=${SECONDS}`],
    ["five minutes ago", `t=${SECONDS - 300},v1=${v1(SECONDS - 300)}`],
    ["five minutes ahead", `t=${SECONDS + 300},v1=${v1(SECONDS + 300)}`],
  ])("takes %s", (_what, header) => {
    expect(check(header)).toMatchObject({ ok: true, delivery: { secretId: "secret-0" } });
  });

  it("keeps the body's bytes as they came", () => {
    const delivery = deliveryOf(good);
    const verdict = verify(delivery, secretsOf(SECRET), NOW);
    expect(verdict.ok && verdict.delivery.body).toBe(delivery.body);
  });

  it("names the secret that matched", () => {
    expect(check(good, secretsOf("whsec_another", SECRET))).toMatchObject({ delivery: { secretId: "secret-1" } });
  });

  it.each<[string, string | string[] | undefined]>([
    ["no header", undefined],
    ["an empty one", ""],
    ["an empty list", []],
  ])("says missing of %s", (_what, header) => {
    expect(check(header)).toEqual({ ok: false, reason: "missing" });
  });

  it.each<[string, string | string[]]>([
    ["nonsense", "nonsense"],
    ["no timestamp", `v1=${v1(SECONDS)}`],
    ["no signature", `t=${SECONDS}`],
    ["only a v0", `t=${SECONDS},v0=${v1(SECONDS)}`],
    ["another secret's", `t=${SECONDS},v1=${v1(SECONDS, "whsec_another")}`],
    ["another time's", `t=${SECONDS},v1=${v1(SECONDS - 1)}`],
    ["an old time's wrong signature", `t=${SECONDS - 9_999},v1=${v1(SECONDS)}`],
    ["half a signature", `t=${SECONDS},v1=${v1(SECONDS).slice(0, 32)}`],
    ["an empty signature", `t=${SECONDS},v1=`],
    ["a signature in capitals", `t=${SECONDS},v1=${v1(SECONDS).toUpperCase()}`],
    ["a signature in wide characters", `t=${SECONDS},v1=${"é".repeat(64)}`],
    ["a timestamp that is no number", `t=now,v1=${v1("now")}`],
    ["a negative timestamp", `t=-1,v1=${v1(-1)}`],
    ["a timestamp with more after it", `t=${SECONDS}x,v1=${v1(SECONDS)}`],
    ["a fresh timestamp before the signed old one", `t=${SECONDS},t=${SECONDS - 9_999},v1=${v1(SECONDS - 9_999)}`],
    ["a fresh timestamp with a space before it", ` t=${SECONDS},t=${SECONDS - 9_999},v1=${v1(SECONDS - 9_999)}`],
    ["two headers", [good, good]],
    ["two headers that Node joined", `${good}, ${good}`],
    ["commas without end", ",".repeat(16_000)],
    ["signatures without end", `t=${SECONDS}${`,v1=${"0".repeat(64)}`.repeat(200)}`],
  ])("says mismatch of %s", (_what, header) => {
    expect(check(header)).toEqual({ ok: false, reason: "mismatch" });
  });

  it.each([
    ["five minutes and a second ago", SECONDS - 301],
    ["five minutes and a second ahead", SECONDS + 301],
    ["years ago", 1_000_000_000],
  ])("says stale of a right signature of %s", (_when, timestamp) => {
    expect(check(`t=${timestamp},v1=${v1(timestamp)}`)).toEqual({ ok: false, reason: "stale" });
  });

  it.each([
    ["one byte more", `${BODY} `],
    ["one byte less", BODY.slice(0, -1)],
    ["other white space", BODY.replace(":", ": ")],
    ["nothing", ""],
  ])("refuses the body with %s", (_what, body) => {
    expect(check(good, secretsOf(SECRET), body)).toEqual({ ok: false, reason: "mismatch" });
  });

  it.each([
    ["no secret", []],
    ["an empty secret", secretsOf("")],
  ])("refuses everything where there is %s", (_what, secrets) => {
    expect(check(`t=${SECONDS},v1=${v1(SECONDS, "")}`, secrets)).toEqual({ ok: false, reason: "mismatch" });
  });
});

describe("sign", () => {
  it("signs as Stripe does", () => {
    expect(sign({ body: BODY }, SECRET, NOW)).toMatchObject({ "stripe-signature": good });
  });
});
