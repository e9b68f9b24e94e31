import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectors, MEANINGS, MOMENTS, PROVIDERS } from "@mara/connectors";
import { openConsole, PUBLIC_URL, type OpenConsole } from "../../../test/open-console.ts";
import { linkOf, linksOf, Visitor } from "../../../test/visitor.ts";
import { guide } from "./guide.ts";
import { render } from "./render.ts";

let console: OpenConsole;
beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

describe("the guide", () => {
  it("is there for everybody, as a page and as the markdown that it is made of", async () => {
    const anybody = new Visitor(console);
    const [page, raw] = [await anybody.open("/docs/webhooks"), await anybody.open("/docs/webhooks.md")];
    expect([page.status, raw.status, raw.headers.get("content-type")]).toEqual([200, 200, "text/markdown; charset=utf-8"]);
    expect(page.html).toContain(render(raw.html).html);
    expect(raw.html).toContain(`${PUBLIC_URL}/api/webhooks/stripe/YOUR-TENANT`);
    expect(raw.html).toContain("Sign in with the tenant's token and the URLs below are filled in; as the operator, open this guide with **Docs**");
  });

  it("has the URLs of whoever is signed in", async () => {
    const tenant = await console.tenant();
    const visitor = await Visitor.signedIn(console, tenant.token);
    for (const path of ["/docs/webhooks", "/docs/webhooks.md"]) {
      const { html } = await visitor.open(path);
      for (const provider of PROVIDERS) expect(html).toContain(`${PUBLIC_URL}/api/webhooks/${provider}/${tenant.id}`);
      expect(html).not.toContain("YOUR-TENANT");
    }
  });

  it.each([
    ["https://hooks.example.com", true],
    ["https://localhost.example.com", true],
    ["http://localhost:3000", false],
    ["http://127.0.0.1:3000", false],
    ["http://[::1]:3000", false],
    ["http://hooks.localhost", false],
  ])("says of the URLs at %s whether they can be pasted: %s", (publicUrl, canBe) => {
    expect(guide(publicUrl, "demo").includes("they can be pasted as they are")).toBe(canBe);
    expect(guide(publicUrl, "demo").includes("no provider can reach them")).toBe(!canBe);
  });

  it("has a tenant's URLs for an operator who comes from there, and for nobody else", async () => {
    const { id } = await console.tenant();
    const operator = await Visitor.signedIn(console);
    const page = await operator.open(linkOf(await operator.open(`/tenants/${id}/events`), "Docs"));
    const raw = await operator.open(linkOf(page, "As markdown"));
    for (const { html } of [page, raw]) expect(html).toContain(`${PUBLIC_URL}/api/webhooks/clerk/${id}`);
    const stranger = await new Visitor(console).open(`/docs/webhooks?tenant=${id}`);
    expect(stranger.html).not.toContain(`/api/webhooks/clerk/${id}`);
    for (const odd of ["%3Cb%3E", "a&tenant=b", "%60%3Cscript%3E"]) expect((await operator.open(`/docs/webhooks?tenant=${odd}`)).html).toContain("YOUR-TENANT");
  });

  it("has the sections of whose URLs it has, because it sends people there", async () => {
    const { id, token } = await console.tenant();
    const [tenant, operator] = [await Visitor.signedIn(console, token), await Visitor.signedIn(console)];
    for (const page of [await tenant.open("/docs/webhooks"), await operator.open(`/docs/webhooks?tenant=${id}`)]) {
      expect(linkOf(page, "Integrations")).toBe(`/tenants/${id}/settings/integrations`);
    }
    for (const page of [await new Visitor(console).open("/docs/webhooks"), await operator.open("/docs/webhooks?tenant=no-such")]) {
      expect([page.status, linksOf(page, "Integrations")]).toEqual([200, []]);
    }
  });

  it("is there for an operator while Postgres is away, without the sections of a tenant", async () => {
    const lone = await openConsole({ databaseUrl: "postgres://nobody@127.0.0.1:9/nothing" });
    const page = await (await Visitor.signedIn(lone)).open("/docs/webhooks?tenant=demo");
    expect([page.status, linksOf(page, "Integrations")]).toEqual([200, []]);
    await lone.close();
  });

  it("tells what every moment means, and every row of every mapping", async () => {
    const { text } = await new Visitor(console).open("/docs/webhooks");
    for (const moment of MOMENTS) expect(text).toContain(`${moment} ${MEANINGS[moment]}`);
    for (const provider of PROVIDERS) {
      for (const { event, when } of connectors[provider].mapping) {
        expect(text).toContain(event);
        expect(text).toContain(when);
      }
    }
    expect(text).not.toContain("when otherwise");
  });

  it("asks for no event that the provider does not send today, and says in the table what brings its moment", async () => {
    const { html } = await new Visitor(console).open("/docs/webhooks.md");
    const selected = [...html.matchAll(/^ {3}- `(.+)`$/gm)].map(([, type]) => type);
    expect(selected).toEqual(expect.arrayContaining(["subscription.updated", "subscription.active"]));
    for (const [event, moment, instead] of [
      ["subscription.upgraded", "subscription-upgraded", "subscription.updated"],
      ["subscription.recovered", "payment-recovered", "subscription.active"],
    ]) {
      expect(selected).not.toContain(event);
      expect(html).toContain(`| \`${event}\` | \`${moment}\`; Polar does not send this today: \`${instead}\` brings the moment |`);
    }
  });

  it("has a table of contents that leads to each chapter", async () => {
    const { html } = await new Visitor(console).open("/docs/webhooks");
    const links = [...html.matchAll(/href="#([^"]+)">/g)].map(([, id = ""]) => id).filter((id) => id !== "main");
    const chapters = [...html.matchAll(/<h2 id="([^"]+)"/g)].map(([, id]) => id);
    expect(chapters.length).toBeGreaterThan(5);
    expect(links).toEqual(chapters);
  });

  it("is small, and asks no stranger for anything", async () => {
    const { html, headers } = await new Visitor(console).open("/docs/webhooks");
    expect(html.length).toBeLessThan(75_000);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });
});

describe("markdown as a page", () => {
  it("shows HTML in it as text", () => {
    const { html } = render("Go to <script>alert(1)</script> now\n\n<img src=x onerror=alert(1)>\n\n`<b>`");
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });

  it("names chapters so that they can be linked to", () => {
    expect(render("## Is it *flowing*?\n\n### Below").chapters).toEqual([{ id: "is-it-flowing", title: "Is it flowing?" }]);
  });
});
