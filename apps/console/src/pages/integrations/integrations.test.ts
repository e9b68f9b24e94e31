import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { listen } from "@mara/runtime";
import { saveIntegration } from "@mara/store";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { seedDelivery, seedRejection } from "../../../test/seed.ts";
import { openSettings, type Settings } from "../../../test/settings.ts";
import { linkOf, linksOf, Visitor } from "../../../test/visitor.ts";
import { createConsole } from "../../app.ts";
import { eventsToSelect } from "../docs/tables.ts";

let console: OpenConsole;
let settings: Settings;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());
beforeEach(async () => {
  settings = await openSettings(console);
});

/** The providers whose rows are unfolded. */
const unfolded = (html: string) => [...html.matchAll(/<details class="integration" id="(\w+)" open/g)].map(([, provider]) => provider);

const secret = connectors.stripe.makeSecret(Buffer.alloc(24, 3));

describe("Settings, Integrations", () => {
  it.each(PROVIDERS)("tells for %s the tenant's URL and each event to select", async (provider) => {
    const { text, html } = await settings.visitor.open(`${settings.path}?open=${provider}`);
    expect(html).toContain(`value="https://hooks.example.com/api/webhooks/${provider}/${settings.tenantId}"`);
    for (const type of eventsToSelect(provider)) expect(text).toContain(` ${type} `);
    expect(html).toMatch(new RegExp(`<details[^>]*id="${provider}"[^>]*\\sopen`));
  });

  it("says openly that deliveries come before there is a secret, and opens the row that waits for it", async () => {
    await seedRejection(console.backing.store, settings.tenantId, "polar", "no_signing_secret");
    const page = await settings.visitor.open(settings.path);
    expect(page.text).toMatch(/Nothing is connected\..*Last problem .{0,200}signing secret/);
    expect(page.html).not.toContain("<summary>Last problem");
    expect(unfolded(page.html)).toEqual(["polar"]);
    expect(linkOf(page, "Set up Polar")).toBe(`${settings.path}?open=polar#polar`);
  });

  it("leads from what is rejected to where its secret is pasted, and to its deliveries", async () => {
    await settings.submit("polar/secret", { signingSecret: connectors.polar.makeSecret(Buffer.alloc(24, 3)) });
    await seedRejection(console.backing.store, settings.tenantId, "polar", "mismatch");
    const page = await settings.visitor.open(settings.path);
    expect(linkOf(page, "Paste the secret of Polar")).toBe(`${settings.path}?open=polar#polar`);
    const deliveries = await settings.visitor.open(linkOf(page, "See the deliveries of Polar"));
    expect(deliveries.text).toContain("Rejected the signature does not match");
  });

  it("leads from what failed to its deliveries, and to no secret", async () => {
    const { store } = console.backing;
    await settings.submit("stripe/secret", { signingSecret: secret });
    await seedDelivery(store, settings.tenantId, { outcome: "failed", reason: "the subscription has no id", providerEventType: "charge.refunded" });
    const page = await settings.visitor.open(settings.path);
    expect(linksOf(page, "Paste the secret of Stripe")).toEqual([]);
    expect((await settings.visitor.open(linkOf(page, "See the deliveries of Stripe"))).text).toContain("charge.refunded");
  });

  it("says of an address of this machine that no provider can reach it, and what to do", async () => {
    const words = "Only this machine knows this address: Stripe can't reach it.";
    const local = await listen(createConsole({ ...console.backing, publicUrl: "http://localhost:3000" }, {}), { host: "127.0.0.1", port: 0 });
    const operator = await Visitor.signedIn(local);
    const said = [(await operator.open(settings.path)).text, (await settings.visitor.open(settings.path)).text].map((text) => text.includes(words));
    await local.close();
    expect(said).toEqual([true, false]);
  });

  it("does not open the row of a provider that is not used because a stranger tried its URL", async () => {
    await settings.submit("stripe/secret", { signingSecret: secret });
    await seedRejection(console.backing.store, settings.tenantId, "polar", "no_signing_secret");
    const { html, text } = await settings.visitor.open(settings.path);
    expect(text).not.toContain("Nothing is connected");
    expect(unfolded(html)).toEqual([]);
  });

  it("leads from a form that was refused to another provider's row", async () => {
    await settings.done("stripe/secret", { signingSecret: secret });
    const refused = await settings.submit("stripe/secret", { signingSecret: "pk_live_1234567890" });
    const { pathname, search } = new URL(linkOf(refused, "Set up Polar"), `https://console.example/tenants/${settings.tenantId}/integrations/stripe/secret`);
    expect((await settings.visitor.follow(pathname + search)).html).toMatch(/<details[^>]*id="polar"[^>]*\sopen/);
  });

  it("leads an operator to the guide with the tenant's own URLs in it", async () => {
    const operator = await Visitor.signedIn(console);
    const guide = await operator.open(linkOf(await operator.open(settings.path), "guide"));
    expect(guide.text).toContain(`https://hooks.example.com/api/webhooks/stripe/${settings.tenantId}`);
  });

  it.each([
    ["stripe/secret", { signingSecret: "pk_live_1234567890" }, "publishable key"],
    ["stripe/secret", { signingSecret: "" }, "Nothing was pasted"],
    ["stripe/secret", { signingSecret: " whsec_x y " }, "white space"],
    ["clerk/api-key", { apiKey: "whsec_1234567890" }, "signing secret"],
    ["clerk/signup-event", { signupEvent: "purchase" }, ""],
  ] as const)("refuses with a sentence: %s %j", async (path, fields, words) => {
    const { status, text, html } = await settings.submit(path, fields);
    expect(status).toBe(422);
    expect(text).toContain(words);
    expect(html).toContain('aria-invalid="true"');
  });

  it.each(["stripe/secret", "clerk/api-key", "clerk/signup-event", "clerk/import", "clerk/import/cancel"])(
    "leads from the address of a form that was refused to its row: %s",
    async (path) => {
      const [provider = ""] = path.split("/");
      const { status, headers } = await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/${path}`);
      expect([status, headers.get("location")]).toEqual([303, `${settings.path}?open=${provider}#${provider}`]);
    },
  );

  it.each([
    ["GET", "github/secret"],
    ["GET", "github/test"],
    ["POST", "github/secret"],
    ["POST", "stripe/api-key"],
    ["POST", "stripe/import"],
    ["POST", "polar/import/cancel"],
  ])("has nothing at %s %s", async (method, path) => {
    const { status } = method === "GET" ? await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/${path}`) : await settings.submit(path);
    expect(status).toBe(404);
  });

  it("says what was done once, and no more when it is loaded again", async () => {
    const { headers } = await settings.submit("stripe/secret", { signingSecret: secret });
    const [page = ""] = (headers.get("location") ?? "").split("#");
    const said = [(await settings.visitor.open(page)).text.includes("Saved."), (await settings.visitor.open(page)).text.includes("Saved.")];
    expect(said).toEqual([true, false]);
  });

  it("removes an integration after asking", async () => {
    await saveIntegration(console.backing.store, settings.tenantId, "polar", { signingSecret: connectors.polar.makeSecret(Buffer.alloc(24, 3)) });
    const asked = await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/polar/remove`);
    expect(asked.text).toContain("Contacts and events stay.");
    await settings.submit("polar/remove");
    expect((await settings.visitor.open(settings.path)).text).not.toContain("Remove this integration");
  });
});
