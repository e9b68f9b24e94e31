import { connectors, type Provider } from "@mara/connectors";
import { sampleOf } from "../support/provider-client.ts";
import type { Random } from "../support/random.ts";
import { MARK, PROVIDERS, type FuzzCase } from "./case.ts";
import { oddBytes } from "./odd-bytes.ts";
import { oddHttp } from "./odd-http.ts";
import { mutateJson } from "./odd-json.ts";
import { oddHeaderValue, oddSegment } from "./odd-text.ts";
import { bytesOf, makeRequest } from "./request.ts";
import { TENANTS, type Targets } from "./world.ts";

/** One of a provider's samples, unlike any other case's. */
export function sampleFor(random: Random, provider: Provider, number: number) {
  const [first = "", ...names] = Object.keys(connectors[provider].samples);
  const email = random.next() < 0.5 ? `${MARK}${random.whole(0, 300)}@example.com` : `${MARK}.case${number}@example.com`;
  return sampleOf(provider, random.pick([first, ...names]), { at: Date.UTC(2026, 8, 1) - random.whole(0, 90) * 86_400_000, seed: `case${number}`, person: { email, name: MARK } });
}

/** A delivery that nobody with the secret has signed, or not as it arrives. */
export function unsignedCase(targets: Targets, random: Random, number: number): FuzzCase {
  const provider = random.pick(PROVIDERS);
  const sample = sampleFor(random, provider, number);
  const signature = oddSignature(targets, random, provider, sample);
  const [where, target] = somewhere(random, provider);
  const json = Buffer.from(random.next() < 0.3 ? mutateJson(random, sample.body) : sample.body);
  const odd = random.next() < 0.6 ? oddBytes(random, json) : { what: "whole", body: json };
  const request = makeRequest(random.next() < 0.95 ? "POST" : "GET", target, signature.headers, odd.body);
  const http = random.next() < 0.45 ? oddHttp(random, request) : { what: "plain HTTP", request };
  return {
    what: `${provider} ${where}, ${signature.what}, body ${odd.what}, ${http.what}`,
    to: "ingest",
    bytes: bytesOf(http.request),
    isWhole: http.request.isWhole,
    allowed: "refused",
    form: "ingest",
    shape: null,
    signedAs: null,
  };
}

function somewhere(random: Random, provider: string): readonly [string, string] {
  const at = (provider: string, tenant: string) => `/api/webhooks/${provider}/${tenant}`;
  return random.pick<() => readonly [string, string]>([
    () => ["to the right tenant", at(provider, TENANTS.quiet)],
    () => ["to the right tenant", at(provider, TENANTS.quiet)],
    () => ["to the right tenant", at(provider, TENANTS.quiet)],
    () => ["to another tenant", at(provider, TENANTS.bystander)],
    () => ["to a tenant without a secret", at(provider, TENANTS.unset)],
    () => ["to an unknown tenant", at(provider, oddSegment(random))],
    () => ["to an unknown provider", at(oddSegment(random), TENANTS.quiet)],
    () => ["to no path of ours", `/${[oddSegment(random), oddSegment(random), oddSegment(random)].slice(0, random.whole(1, 3)).join("/")}`],
  ])();
}

type Headers = readonly (readonly [name: string, value: string])[];

/** Headers of a signature that is good for nothing: nothing in them is for this body, this tenant and this time. */
function oddSignature({ secrets }: Targets, random: Random, provider: Provider, sample: { readonly id: string; readonly body: string }) {
  const signed = (secret: string, at = Date.now(), body = sample.body): Headers => Object.entries(connectors[provider].sign({ ...sample, body }, secret, at));
  // Signed for another body, so that none of the changes below makes a right one of it.
  const near = signed(secrets.quiet[provider], Date.now(), `${sample.body} `);
  const changed = (change: (value: string) => string): Headers => near.map(([name, value]) => [name, name.endsWith("signature") ? change(value) : value]);
  const time = (value: string): Headers =>
    near.map(([name, known]) => [name, name.endsWith("timestamp") ? value : name === "stripe-signature" ? known.replace(/^t=\d+/, `t=${value}`) : known]);
  const [what, headers] = random.pick<() => readonly [string, Headers]>([
    () => ["unsigned", []],
    () => ["signed for another body", near],
    () => ["signed with another tenant's secret", signed(secrets.scratch[provider])],
    () => ["signed long ago", signed(secrets.quiet[provider], Date.now() - random.whole(301, 1e8) * 1_000)],
    () => ["signed in the future", signed(secrets.quiet[provider], Date.now() + random.whole(310, 1e8) * 1_000)],
    () => ["a signature cut short", changed((value) => value.slice(0, random.whole(0, value.length - 1)))],
    () => ["a signature of another version", changed((value) => value.replaceAll("v1", random.pick(["v0", "v2", "V1", "v1a", ""])))],
    () => ["many signatures", changed((value) => Array.from({ length: random.pick([10, 150]) }, () => value).join(random.pick([" ", ","])).slice(0, 15_000))],
    () => ["an odd signature", changed(() => oddHeaderValue(random))],
    () => ["an odd time", time(random.pick(["NaN", "", "-1", "0", "1e10", "0x6a", "9".repeat(400), "1.5", "Infinity", " 1"]))],
    () => ["odd headers", near.map(([name]): readonly [string, string] => [name, oddHeaderValue(random)])],
    () => ["repeated headers", [...near, ...near]],
    () => ["a header left out", near.filter((_, i) => i !== random.whole(0, near.length - 1))],
    () => ["another provider's headers", near.map(([name, value]): readonly [string, string] => [name.replace(/^(webhook|svix|stripe)/, random.pick(["webhook", "svix", "stripe", "x"])), value])],
  ])();
  return { what, headers: headers.map(([name, value]) => `${name}: ${value}`) };
}
