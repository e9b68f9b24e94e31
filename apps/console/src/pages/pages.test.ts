import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createTenant } from "@mara/store";
import { openConsole, type OpenConsole } from "../../test/open-console.ts";
import { Visitor } from "../../test/visitor.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("what every page is sent with", () => {
  it.each(["/sign-in", "/docs/webhooks", "/nowhere"])("lets it load nothing from strangers, be framed by nobody, be stored nowhere: %s", async (path) => {
    const { headers } = await console.ask("GET", path, { token: null, headers: html });
    expect({
      csp: headers.get("content-security-policy")?.split(";").toSorted(),
      cache: headers.get("cache-control"),
      sniff: headers.get("x-content-type-options"),
      referrer: headers.get("referrer-policy"),
      opener: headers.get("cross-origin-opener-policy"),
      type: headers.get("content-type"),
    }).toEqual({
      csp: [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self'",
      ],
      cache: "no-store",
      sniff: "nosniff",
      referrer: "same-origin",
      opener: "same-origin",
      type: "text/html; charset=utf-8",
    });
  });

  it("names its files by what is in them, to be kept for ever", async () => {
    const { text } = await console.ask("GET", "/sign-in", { token: null, headers: html });
    const paths = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
    const kept = await Promise.all(paths.map(async (path) => (await console.ask("GET", path, { token: null })).headers.get("cache-control")));
    expect(paths.length).toBeGreaterThan(2);
    expect(new Set(kept)).toEqual(new Set(["public, max-age=31536000, immutable"]));
  });

  it("holds no style and no script of its own", async () => {
    const visitor = await Visitor.signedIn(console);
    const { id } = await console.tenant();
    for (const path of ["/tenants", `/tenants/${id}/settings/integrations`, `/tenants/${id}/integrations/stripe/test`]) {
      const page = await visitor.open(path);
      expect(page.html).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/i);
    }
  });
});

describe("what strangers wrote", () => {
  const NAME = `<script>alert(1)</script>"'&<b>`;

  it("stands on pages as text", async () => {
    await createTenant(console.backing.store, { name: NAME, id: "hostile" });
    const visitor = await Visitor.signedIn(console);
    for (const path of ["/tenants", "/tenants/hostile/settings/integrations", "/tenants/hostile/token"]) {
      const page = await visitor.open(path);
      expect(page.html).not.toContain("<script>alert");
      expect(page.text).toContain(NAME);
    }
  });

  it("stands as text also where it comes from the address", async () => {
    const visitor = await Visitor.signedIn(console);
    const { id } = await console.tenant();
    const query = new URLSearchParams({ provider: "stripe", type: NAME, event: NAME, status: "200", told: NAME });
    const page = await visitor.open(`/tenants/${id}/integrations/stripe/test?${query.toString()}`);
    expect(page.status).toBe(200);
    expect(page.html).not.toContain("<script>alert");
  });
});

describe("what can't be shown", () => {
  it.each([
    ["GET", "/nowhere", 404, "There is nothing here"],
    ["GET", "/tenants/%ff/settings/integrations", 404, "There is nothing here"],
    ["POST", "/nowhere", 404, "There is nothing here"],
  ])("is a page that helps: %s %s", async (method, path, status, words) => {
    const page = await console.ask(method, path, { token: null, headers: html });
    expect([page.status, page.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
    expect(page.text).toContain(words);
  });

  it.each([
    ["too large", "a=".padEnd(20_000, "x"), "application/x-www-form-urlencoded"],
    ["of too many fields", Array.from({ length: 100 }, (_, i) => `f${i}=1`).join("&"), "application/x-www-form-urlencoded"],
    ["in a charset that nobody has", "a=b", "application/x-www-form-urlencoded; charset=klingon"],
  ])("is a form that is %s", async (_what, raw, type) => {
    const page = await console.ask("POST", "/sign-in", { token: null, raw, headers: { ...html, "content-type": type } });
    expect(page.status).toBe(400);
    expect(page.text).toContain("That form could not be read");
  });

  it("leads whoever is not signed in there and back", async () => {
    const { status, headers } = await console.ask("GET", "/tenants?cursor=x", { token: null, headers: html });
    expect([status, headers.get("location")]).toEqual([303, "/sign-in?back=%2Ftenants%3Fcursor%3Dx"]);
  });

  it("is for programs what the API would say", async () => {
    const { status, body } = await console.ask("GET", "/tenants", { token: null });
    expect([status, body]).toEqual([401, { error: "unauthorized" }]);
  });

  it("is a page that asks to come back while Postgres is away", async () => {
    const lone = await openConsole({ databaseUrl: "postgres://nobody@127.0.0.1:9/nothing" });
    const visitor = await Visitor.signedIn(lone);
    const page = await visitor.open("/tenants");
    expect([page.status, page.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(page.text).toContain("Not available at the moment");
    await lone.close();
  });

  it("is not the settings while Redis is away: how much waits is unknown, the rest is there", async () => {
    const lone = await openConsole();
    const { id } = await lone.tenant();
    await lone.ask("PUT", `/api/tenants/${id}/integrations/stripe`, { body: { signingSecret: `whsec_${"s".repeat(32)}` } });
    await lone.redis.stop();
    const visitor = await Visitor.signedIn(lone);
    const page = await visitor.open(`/tenants/${id}/settings/integrations`);
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/Waiting unknown: the queue does not answer/);
    await lone.close();
  });
});
