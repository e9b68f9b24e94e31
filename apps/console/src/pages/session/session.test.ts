import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ADMIN_TOKEN, openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { Visitor } from "../../../test/visitor.ts";
import { safePath } from "./session.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

interface Attempt {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address that the proxy in front tells of. */
  readonly from?: string;
}

function attempt(of: OpenConsole, { token = ADMIN_TOKEN, headers = { "sec-fetch-site": "same-origin" }, from = "198.51.100.1" }: Attempt = {}) {
  return fetch(`${of.url}/sign-in`, {
    method: "POST",
    headers: { accept: "text/html", "x-forwarded-for": from, ...headers },
    body: new URLSearchParams({ token }),
    redirect: "manual",
  });
}

describe("the session's cookie", () => {
  it("is out of reach for scripts and for forms of strangers", async () => {
    const cookie = (await attempt(console)).headers.get("set-cookie");
    expect(cookie).toMatch(/^mara_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(ADMIN_TOKEN);
  });

  it("goes over HTTPS alone where the proxy in front says that there is", async () => {
    const { headers } = await attempt(console, { headers: { "sec-fetch-site": "same-origin", "x-forwarded-proto": "https" } });
    expect(headers.get("set-cookie")).toContain("; Secure");
  });

  it("opens no API", async () => {
    const cookie = (await attempt(console)).headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await console.ask("GET", "/api/tenants", { token: null, headers: { cookie } })).status).toBe(401);
  });

  it.each([
    "mara_session=garbage",
    "mara_session=",
    "mara_session=Fe26.2*1*a*b*c*d*e*f*g",
    "mara_session=Fe26.2*1*a*b*c*later*e*f~2",
    "mara_session=Fe26.2*1*a*b*c*99999999999999*e*f~2",
    "mara_session=Fe26.1*1*a*b*c**e*f~2",
    "mara_session=Fe26.2*other*a*b*c**e*f~2",
  ])("is worth nothing where we did not make it: %s", async (cookie) => {
    const response = await fetch(`${console.url}/tenants`, { headers: { accept: "text/html", cookie }, redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/sign-in?back=%2Ftenants"]);
  });
});

describe("signing in", () => {
  it.each([
    ["another site's", { "sec-fetch-site": "cross-site" }],
    ["a sibling site's", { "sec-fetch-site": "same-site" }],
    ["an old browser's, from another origin", { origin: "https://evil.example" }],
    ["one without an origin", {}],
  ])("takes no form but its own: not %s", async (_whose, headers) => {
    const { status } = await attempt(console, { headers });
    expect(status).toBe(403);
  });

  it("takes an old browser's form of its own", async () => {
    expect((await attempt(console, { headers: { origin: console.url } })).status).toBe(303);
  });

  it("is refused to an address after ten wrong tokens, and to no other", async () => {
    const wrong = { token: "wrong", from: "203.0.113.5" };
    const statuses = [];
    for (let i = 0; i < 10; i++) statuses.push((await attempt(console, wrong)).status);
    const right = await attempt(console, { from: "203.0.113.5" });
    const other = await attempt(console, { from: "203.0.113.6" });
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect([right.status, other.status]).toEqual([429, 303]);
    expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await right.text()).toMatch(/Too many attempts from here\. Try again in (1[0-5]) minutes\./);
  });

  it("counts many attempts at the same moment as many", async () => {
    const wrong = { token: "wrong", from: "203.0.113.7" };
    const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await attempt(console, wrong)).status));
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  });

  it("does not count those who had the right token", async () => {
    const statuses = [];
    for (let i = 0; i < 15; i++) statuses.push((await attempt(console, { from: "203.0.113.8" })).status);
    expect(new Set(statuses)).toEqual(new Set([303]));
  });

  it("is limited also while Redis is away", async () => {
    const lone = await openConsole();
    await lone.redis.stop();
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await attempt(lone, { token: "wrong", from: "203.0.113.9" })).status);
    expect([statuses.at(0), statuses.at(-1)]).toEqual([401, 429]);
    await lone.close();
  });
});

describe("signing out", () => {
  it("needs a form of this session", async () => {
    const visitor = await Visitor.signedIn(console);
    expect((await visitor.submit("/sign-out", { csrf: "" })).status).toBe(403);
    await visitor.open("/tenants");
    expect((await visitor.submit("/sign-out")).headers.get("location")).toBe("/sign-in");
    expect((await visitor.open("/tenants")).status).toBe(303);
  });
});

describe("the sign-in page", () => {
  const SIGNED_OUT = "You were signed out";

  it("says to whom had a session why it ended: the token was replaced", async () => {
    const { id, token } = await console.tenant();
    const visitor = await Visitor.signedIn(console, token);
    await console.ask("POST", `/api/tenants/${id}/token`);
    const { text } = await visitor.follow(`/tenants/${id}/contacts`);
    expect(text).toContain(`${SIGNED_OUT}: the token that you signed in with was replaced.`);
  });

  it("says to whom had a session why it ended: it is too old, or its seal can't be opened any more", async () => {
    const visitor = new Visitor(console);
    visitor.carry("mara_session=Fe26.2*1*a*b*c**e*f~2");
    expect((await visitor.follow("/tenants")).text).toContain(`${SIGNED_OUT}: a session lasts 7 days`);
  });

  it("says nothing of it to whom was never signed in, or signed out", async () => {
    const visitor = new Visitor(console);
    const never = await visitor.follow("/tenants");
    await visitor.submit("/sign-in", { token: ADMIN_TOKEN });
    await visitor.open("/tenants");
    await visitor.submit("/sign-out");
    const signedOut = await visitor.follow("/tenants");
    expect([never.text, signedOut.text]).toEqual([expect.not.stringContaining(SIGNED_OUT), expect.not.stringContaining(SIGNED_OUT)]);
    expect(signedOut.text).toContain("A tenant's own token");
  });
});

describe("where to go after signing in", () => {
  it.each([
    ["/tenants/acme/deliveries?outcome=failed", "/tenants/acme/deliveries?outcome=failed"],
    ["https://evil.example/", "/"],
    ["//evil.example/", "/"],
    ["/\\evil.example/", "/"],
    ["/a\\b", "/"],
    ["/\t/evil.example", "/"],
    ["/a\r\nset-cookie: x=y", "/"],
    ["javascript:alert(1)", "/"],
    ["tenants", "/"],
    ["", "/"],
    [`/${"a".repeat(2_000)}`, "/"],
    [undefined, "/"],
    [["/tenants"], "/"],
  ])("from %j to %j", (asked, path) => {
    expect(safePath(asked)).toBe(path);
  });
});
