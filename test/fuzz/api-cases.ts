import { EVENT_TYPES } from "@mara/connectors";
import { z } from "zod";
import { backfill, contact, createdTenant, delivery, event, integration } from "../support/contract.ts";
import type { Random } from "../support/random.ts";
import { MARK, PASTED, PROVIDERS, type Allowed, type FuzzCase } from "./case.ts";
import { oddBytes } from "./odd-bytes.ts";
import { oddHttp } from "./odd-http.ts";
import { mutateJson, oddJson } from "./odd-json.ts";
import { oddSegment, oddText } from "./odd-text.ts";
import { bytesOf, makeRequest } from "./request.ts";
import { TENANTS, type Targets } from "./world.ts";

interface Call {
  readonly method: string;
  /** `{t}`, `{p}`, `{contact}` and `{delivery}` stand for names. */
  readonly path: string;
  /** What it takes in its query. */
  readonly query: readonly [string, ...string[]];
  /** A body that it takes, as JSON text. */
  readonly body: string;
  /** Of a 2xx. */
  readonly shape: z.ZodType;
  readonly tenant?: keyof typeof TENANTS;
}

const listOf = (item: z.ZodType) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });
const any = z.json();
const settings = `{"signingSecret":"${PASTED.signingSecret}","overlapHours":1,"signupEvent":null}`;

/** Every call of the contract. */
const CALLS: readonly [Call, ...Call[]] = [
  { method: "POST", path: "tenants", query: ["x"], body: `{"name":"A name","id":"made-1"}`, shape: createdTenant },
  { method: "GET", path: "tenants", query: ["limit", "cursor"], body: "", shape: listOf(z.object({ id: z.string(), name: z.string() })) },
  { method: "POST", path: "tenants/{t}/token", query: ["x"], body: "{}", shape: z.object({ token: z.string() }), tenant: "unset" },
  { method: "GET", path: "tenants/{t}/integrations", query: ["limit"], body: "", shape: z.object({ items: z.array(integration) }) },
  { method: "PUT", path: "tenants/{t}/integrations/{p}", query: ["x"], body: settings, shape: integration },
  { method: "PUT", path: "tenants/{t}/integrations/clerk", query: ["x"], body: `{"apiKey":"${PASTED.apiKey}","signupEvent":"user.created"}`, shape: integration },
  { method: "DELETE", path: "tenants/{t}/integrations/{p}", query: ["x"], body: "", shape: any },
  { method: "POST", path: "tenants/{t}/integrations/{p}/test", query: ["x"], body: `{"type":"user.created"}`, shape: any },
  { method: "POST", path: "tenants/{t}/integrations/clerk/backfill", query: ["x"], body: "", shape: backfill },
  { method: "GET", path: "tenants/{t}/integrations/clerk/backfill", query: ["x"], body: "", shape: backfill },
  { method: "DELETE", path: "tenants/{t}/integrations/clerk/backfill", query: ["x"], body: "", shape: backfill },
  { method: "GET", path: "tenants/{t}/contacts", query: ["limit", "cursor", "email", "provider", "externalId"], body: "", shape: listOf(contact) },
  { method: "GET", path: "tenants/{t}/contacts/{contact}", query: ["x"], body: "", shape: contact },
  { method: "DELETE", path: "tenants/{t}/contacts/{contact}", query: ["x"], body: "", shape: any },
  { method: "GET", path: "tenants/{t}/events", query: ["limit", "cursor", "type", "provider", "contactId"], body: "", shape: listOf(event) },
  { method: "GET", path: "tenants/{t}/deliveries", query: ["limit", "cursor", "provider", "outcome"], body: "", shape: listOf(delivery) },
  { method: "POST", path: "tenants/{t}/deliveries/{delivery}/replay", query: ["x"], body: "", shape: any },
];

const WHO = ["nobody", "a wrong token", "a stranger", "the tenant", "the operator", "the operator"] as const;
type Who = (typeof WHO)[number];

/** A call of the console's API by somebody who may, or who may not. */
export function apiCase(targets: Targets, random: Random): FuzzCase {
  const call = random.pick(CALLS);
  const who = random.pick(WHO);
  const isAllowed = who === "the tenant" || who === "the operator";
  const isOddPath = random.next() < 0.25;
  const path = pathOf(targets, random, call, isAllowed, isOddPath);
  const target = `/api/${path}${random.next() < 0.4 ? queryFor(targets, random, call) : ""}`;
  const body = bodyFor(random, call);
  const method = random.next() < 0.92 ? call.method : random.pick(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]);
  const plain = makeRequest(method, target, authorization(targets, random, who), body.body);
  const isOddHttp = random.next() < 0.15;
  const { what, request } = isOddHttp ? oddHttp(random, plain) : { what: "plain HTTP", request: plain };
  return {
    what: `${who}: ${method} ${target.slice(0, 120)}, body ${body.what}, ${what}`,
    to: "console",
    bytes: bytesOf(request),
    isWhole: request.isWhole,
    allowed: isAllowed ? "any" : isOddHttp || isOddPath ? "refused" : REFUSED[who],
    form: target.startsWith("/api") ? "api" : "text",
    shape: isAllowed && !isOddHttp && method === call.method ? call.shape : null,
    signedAs: null,
  };
}

const REFUSED: Readonly<Record<Exclude<Who, "the tenant" | "the operator">, Allowed>> = {
  nobody: [401],
  // It was wrong too often.
  "a wrong token": [401, 429],
  "a stranger": [404],
};

function pathOf(targets: Targets, random: Random, { path, tenant: own = "scratch" }: Call, isAllowed: boolean, isOdd: boolean): string {
  const tenant = isAllowed ? TENANTS[own] : TENANTS[random.pick<keyof typeof TENANTS>(["bystander", "scratch", "taker"])];
  const known = random.next() < 0.7 ? targets.scratch : targets.bystander;
  const names: Readonly<Record<string, string>> = {
    "{t}": tenant,
    "{p}": random.pick(PROVIDERS),
    "{contact}": random.pick([unknown(random), ...known.contacts]),
    "{delivery}": random.pick([unknown(random), ...known.deliveries]),
  };
  const parts = path.split("/").map((part) => names[part] ?? part);
  return isOdd ? parts.with(random.whole(0, parts.length - 1), oddSegment(random)).join("/") : parts.join("/");
}

const unknown = (random: Random) => `018f0000-0000-7000-8000-${random.whole(0, 2 ** 32).toString(16).padStart(12, "0")}`;

function queryFor(targets: Targets, random: Random, { query }: Call): string {
  const value = (): string =>
    random.pick<() => string>([
      () => encodeURIComponent(oddText(random).toWellFormed()),
      () => random.pick(["0", "1", "200", "201", "-1", "1.5", "1e2", "0x10", " 5", "٣", "99999999999999999999", "%ff", "%", "%00"]),
      () => random.pick(["", ...targets.scratch.cursors, ...targets.bystander.cursors]),
      () => Buffer.from(`${random.pick(["events", "contacts", "deliveries", "tenants"])} ${oddText(random)}`).toString("base64url"),
      () => random.pick(["app", "queued", "failed", "rejected", ...PROVIDERS, ...EVENT_TYPES]),
      () => random.pick([unknown(random), ...targets.scratch.contacts, ...targets.bystander.contacts]),
    ])();
  const count = random.whole(1, 4);
  const pairs = Array.from({ length: count }, () => {
    const name = random.next() < 0.85 ? random.pick(query) : random.pick(["__proto__", "constructor", "a[b]", "a[]", "", "odd", "limit[]", "cursor[x]", "limit"]);
    return `${name}=${value()}`;
  });
  // Not all of it is Latin-1, and a target is sent as that.
  return `?${pairs.join("&").replace(/[^\x21-\x7e]/gu, (letter) => encodeURIComponent(letter))}`;
}

function bodyFor(random: Random, { body }: Call): { readonly what: string; readonly body: Buffer } {
  const luck = random.next();
  if (body === "") return luck < 0.8 ? { what: "none", body: Buffer.alloc(0) } : { what: "uncalled for", body: Buffer.from(oddJson(random)) };
  if (luck < 0.15) return { what: "as it should be", body: Buffer.from(body) };
  if (luck < 0.75 && body !== "{}") return { what: "with odd fields", body: Buffer.from(mutateJson(random, body)) };
  return oddBytes(random, Buffer.from(body));
}

function authorization({ tokens }: Targets, random: Random, who: Who): string[] {
  switch (who) {
    case "nobody":
      return random.pick([[], ["authorization: "], ["authorization: Basic YTpi"], ["authorization: Bearer"], ["cookie: mara_session=x"]]);
    case "a wrong token": {
      const token = random.pick([MARK, `${tokens.operator}x`, tokens.operator.slice(0, -1), tokens.scratch.toUpperCase(), "x".repeat(10_000), `mara_${"A".repeat(43)}`, "!".repeat(512)]);
      // From ever other addresses, so that the limit of one does not hide the rest.
      return [`authorization: Bearer ${token}`, `x-forwarded-for: 10.${random.whole(0, 255)}.${random.whole(0, 255)}.${random.whole(0, 255)}`];
    }
    case "a stranger":
      return [`authorization: Bearer ${tokens.quiet}`];
    case "the tenant":
      return [`authorization: Bearer ${tokens.scratch}`];
    case "the operator":
      return [`authorization: ${random.pick(["Bearer", "bearer", "BEARER"])} ${tokens.operator}`];
  }
}
