import { EVENT_TYPES } from "@mara/connectors";
import type { Random } from "../support/random.ts";
import { ELSEWHERE, MARK, PASTED, PROVIDERS, type Allowed, type FuzzCase } from "./case.ts";
import { oddBytes } from "./odd-bytes.ts";
import { oddHttp } from "./odd-http.ts";
import { oddSegment, oddText } from "./odd-text.ts";
import { bytesOf, makeRequest } from "./request.ts";
import { TENANTS, type Targets } from "./world.ts";

/** What can be opened by those who are signed in. */
const PAGES = [
  "tenants", "tenants/{t}", "tenants/{t}/token", "tenants/{t}/token/new", "tenants/{t}/settings/integrations",
  "tenants/{t}/integrations/{p}/remove", "tenants/{t}/integrations/{p}/test", "tenants/{t}/integrations/{p}/secret",
  "tenants/{t}/deliveries", "tenants/{t}/deliveries/{delivery}", "tenants/{t}/deliveries/{delivery}/replay", "tenants/{t}/deliveries/replay-failed",
  "tenants/{t}/contacts", "tenants/{t}/contacts/{contact}", "tenants/{t}/contacts/{contact}/erase", "tenants/{t}/contacts/{contact}/events/{event}",
  "tenants/{t}/events", "tenants/{t}/live/{view}", "queues", "queues/api/queues", "queues/static/favicon.ico",
] as const;

/** What anybody can. */
const OPEN_PAGES = ["", "docs", "docs/webhooks", "docs/webhooks.md", "sign-in", "healthz", "readyz"] as const;

const QUERY = ["q", "provider", "cursor", "outcome", "event", "type", "live", "open", "back", "tenant", "chosen", "status", "told", "id", "activeQueue", "page", "jobsPerPage"] as const;

interface Form {
  readonly path: string;
  readonly fields: readonly string[];
}

/** What changes something. Signing out is missing: it would end the session of all others. */
const FORMS: readonly [Form, ...Form[]] = [
  { path: "tenants", fields: ["name", "id"] },
  { path: "tenants/{unset}/token", fields: [] },
  { path: "tenants/{t}/integrations/{p}/secret", fields: ["signingSecret", "overlapHours"] },
  { path: "tenants/{t}/integrations/{p}/api-key", fields: ["apiKey"] },
  { path: "tenants/{t}/integrations/{p}/signup-event", fields: ["signupEvent"] },
  { path: "tenants/{t}/integrations/{p}/import", fields: [] },
  { path: "tenants/{t}/integrations/{p}/import/cancel", fields: [] },
  { path: "tenants/{t}/integrations/{p}/remove", fields: [] },
  { path: "tenants/{t}/integrations/{p}/test", fields: ["type"] },
  { path: "tenants/{t}/deliveries/replay-failed", fields: ["provider"] },
  { path: "tenants/{t}/deliveries/{delivery}/replay", fields: [] },
  { path: "tenants/{t}/contacts/{contact}/erase", fields: [] },
];

const VISITORS = ["nobody", "a forger", "a stranger", "the operator", "the operator"] as const;
type Visitor = (typeof VISITORS)[number];

/** A look at one of the console's pages. */
export function pageCase(targets: Targets, random: Random): FuzzCase {
  const visitor = random.pick(VISITORS);
  const isOpen = random.next() < 0.15;
  const path = isOpen ? random.pick(OPEN_PAGES) : pathOf(targets, random, random.pick(PAGES), visitor);
  const target = `/${path}${random.next() < 0.6 ? oddQuery(targets, random) : ""}`;
  return finish(random, {
    what: `${visitor}: GET ${target.slice(0, 120)}`,
    allowed: isOpen || visitor === "the operator" ? "any" : visitor === "a stranger" && path.startsWith("tenants/") ? "refused" : visitor === "a stranger" ? [303, 404, 405] : [303, 401, 404],
    request: makeRequest(random.next() < 0.95 ? "GET" : "HEAD", target, [cookie(targets, random, visitor), accept(random)]),
  });
}

/** A form of the console: forged, out of date, or filled in oddly by somebody who may send it. */
export function formCase(targets: Targets, random: Random): FuzzCase {
  const visitor = random.pick(VISITORS);
  const { path, fields } = random.pick(FORMS);
  // A stranger's own form is in date: what refuses it must be that the tenant is not theirs.
  const own = visitor === "the operator" ? targets.sessions.operator : visitor === "a stranger" ? targets.sessions.quiet : null;
  const isStale = own === null || random.next() < 0.4;
  const target = `/${pathOf(targets, random, path, visitor)}`;
  const form = new URLSearchParams(fields.filter(() => random.next() < 0.9).map((name) => [name, fieldOf(random, name)]));
  const csrf = isStale ? staleCsrf(targets, random, visitor) : own.csrf;
  if (csrf !== null) form.append("csrf", csrf);
  if (random.next() < 0.1) form.append(random.pick(["csrf", "__proto__", "a[b]", "name"]), oddText(random));
  const body = Buffer.from(form.toString());
  const odd = random.next() < 0.2 ? oddBytes(random, body) : { what: "a form", body };
  const site = random.pick(["same-origin", "same-origin", "same-origin", "cross-site", "none", MARK]);
  const headers = [cookie(targets, random, visitor), accept(random), `sec-fetch-site: ${site}`, "content-type: application/x-www-form-urlencoded"];
  return finish(random, {
    what: `${visitor}: POST ${target.slice(0, 120)}, ${isStale ? "stale" : "own"} form, body ${odd.what}, from ${site}`,
    allowed: isStale || visitor !== "the operator" ? "refused" : "any",
    request: makeRequest("POST", target, headers, odd.body),
  });
}

/** The forms that need no session. */
export function openFormCase(targets: Targets, random: Random): FuzzCase {
  const path = random.pick(["sign-in", "theme", "sign-out"]);
  const { operator, honest } = targets.tokens;
  const token = random.pick([honest, MARK, `${operator} x`, oddText(random)]);
  const back = random.pick([...ELSEWHERE, "/tenants", oddText(random)]);
  const form = new URLSearchParams({ token, theme: oddText(random), back });
  const odd = random.next() < 0.3 ? oddBytes(random, Buffer.from(form.toString())) : { what: "a form", body: Buffer.from(form.toString()) };
  const from = `x-forwarded-for: ${random.pick([`10.9.${random.whole(0, 255)}.${random.whole(0, 255)}`, `2001:db8:${random.whole(0, 9_999)}::1`, "unknown", "::::", "1.2.3.4.5, 6", "a".repeat(500)])}`;
  const headers = [accept(random), from, "content-type: application/x-www-form-urlencoded", `sec-fetch-site: ${random.pick(["same-origin", "same-origin", "cross-site"])}`];
  return finish(random, {
    what: `POST /${path}, body ${odd.what}, ${from.slice(0, 60)}`,
    allowed: path === "theme" || (path === "sign-in" && token === honest) ? "any" : "refused",
    request: makeRequest("POST", `/${path}`, headers, odd.body),
  });
}

function finish(random: Random, made: { readonly what: string; readonly allowed: Allowed; readonly request: ReturnType<typeof makeRequest> }): FuzzCase {
  const isOdd = random.next() < 0.12;
  const { what, request } = isOdd ? oddHttp(random, made.request) : { what: "plain HTTP", request: made.request };
  // What is odd may ask for something else: an open page, or the page of a form, which change nothing.
  const isElsewhere = request.method !== made.request.method || request.target !== made.request.target;
  const allowed = isElsewhere ? "any" : isOdd && typeof made.allowed !== "string" ? [...made.allowed, 400] : made.allowed;
  return {
    what: `${made.what}, ${what}`,
    to: "console",
    bytes: bytesOf(request),
    isWhole: request.isWhole,
    allowed,
    form: "text",
    shape: null,
    signedAs: null,
  };
}

function pathOf(targets: Targets, random: Random, path: string, visitor: Visitor): string {
  const isAllowed = visitor === "the operator";
  const known = random.next() < 0.7 ? targets.scratch : targets.bystander;
  const names: Readonly<Record<string, string>> = {
    "{t}": isAllowed ? TENANTS.scratch : TENANTS[random.pick<keyof typeof TENANTS>(["bystander", "scratch", "taker"])],
    "{unset}": isAllowed ? TENANTS.unset : TENANTS.bystander,
    "{p}": random.pick(PROVIDERS),
    "{contact}": random.pick(["018f0000-0000-7000-8000-000000000000", ...known.contacts]),
    "{delivery}": random.pick(["018f0000-0000-7000-8000-000000000000", ...known.deliveries]),
    "{event}": random.pick(["018f0000-0000-7000-8000-000000000000", ...known.events]),
    "{view}": random.pick(["deliveries", "delivery", "events", "integrations", "test-event", "__proto__", "constructor"]),
  };
  const parts = path.split("/").map((part) => names[part] ?? part);
  const odd = random.next() < 0.15 && parts.length > 1 ? parts.with(random.whole(1, parts.length - 1), oddSegment(random)) : parts;
  return odd.join("/");
}

function oddQuery(targets: Targets, random: Random): string {
  const pairs = Array.from({ length: random.whole(1, 4) }, () => {
    const name = random.next() < 0.9 ? random.pick(QUERY) : random.pick(["__proto__", "a[b]", "cursor[]", "q[]", ""]);
    const value = random.pick([oddText(random), random.pick(ELSEWHERE), ...targets.scratch.cursors, random.pick(["failed", "off", "200", "0", "-1", ...PROVIDERS, ...EVENT_TYPES])]);
    return `${name}=${encodeURIComponent(value.toWellFormed())}`;
  });
  return `?${pairs.join("&")}`;
}

function fieldOf(random: Random, name: string): string {
  const right: Readonly<Record<string, string>> = { name: "A name", id: `made-${random.whole(0, 200)}`, ...PASTED, overlapHours: "1", signupEvent: "user.created", provider: "polar", type: "order.paid" };
  return random.next() < 0.3 ? (right[name] ?? oddText(random)) : random.pick([oddText(random), oddText(random), "whsec_", "sk_live_", "1e999", "-1"]);
}

/** Never the one of this session. */
function staleCsrf({ sessions }: Targets, random: Random, visitor: Visitor): string | null {
  return random.pick([null, "", MARK, "x".repeat(5_000), visitor === "the operator" ? sessions.quiet.csrf : sessions.operator.csrf]);
}

function cookie({ sessions }: Targets, random: Random, visitor: Visitor): string {
  switch (visitor) {
    case "nobody":
      return random.pick(["x-cookie: none", "cookie: ", `cookie: mara_session=${MARK}`, "cookie: mara_session=; mara_session=a; =; ;", `cookie: mara_theme=${MARK}; mara_once=x`]);
    case "a forger": {
      const { cookie } = sessions.operator;
      const at = random.whole("mara_session=Fe26.2".length, cookie.length - 2);
      return `cookie: ${random.pick([cookie.slice(0, at), `${cookie.slice(0, at)}${cookie[at] === "a" ? "b" : "a"}${cookie.slice(at + 1)}`, cookie.replaceAll("*", "%2a%2a")])}`;
    }
    case "a stranger":
      return `cookie: ${sessions.quiet.cookie}`;
    case "the operator":
      return `cookie: ${sessions.operator.cookie}`;
  }
}

const accept = (random: Random) => random.pick(["accept: text/html", "accept: text/html", "accept: */*", "accept: application/json", `accept: ${MARK};q=x,,`]);
