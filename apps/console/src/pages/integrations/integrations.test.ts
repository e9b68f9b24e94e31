import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { openStore, readKeyring, saveIntegration } from "@mara/store";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { seedRejection } from "../../../test/seed.ts";
import { linkOf, Visitor } from "../../../test/visitor.ts";
import { eventsToSelect } from "../docs/tables.ts";

let console: OpenConsole;
let visitor: Visitor;
let tenantId: string;
let settings: string;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());
beforeEach(async () => {
  const { id, token } = await console.tenant();
  tenantId = id;
  settings = `/tenants/${id}/settings/integrations`;
  visitor = await Visitor.signedIn(console, token);
  await visitor.open(settings);
});

/** Sends a form of the settings. Answers the page that it leads to. */
const done = async (path: string, fields: Readonly<Record<string, string>> = {}) => visitor.follow((await submit(path, fields)).headers.get("location") ?? "");
const submit = (path: string, fields: Readonly<Record<string, string>> = {}) => visitor.submit(`/tenants/${tenantId}/integrations/${path}`, fields);

/** What is chosen in a select; the first of it where nothing is. */
function chosenIn(html: string, id: string): string | undefined {
  const options = new RegExp(`<select id="${id}".*?</select>`, "s").exec(html)?.[0] ?? "";
  const chosen = /<option[^>]*\sselected[^>]*>/.exec(options) ?? /<option[^>]*>/.exec(options);
  return chosen === null ? undefined : (/value="([^"]*)"/.exec(chosen[0])?.[1] ?? "");
}

/** The providers whose rows are unfolded. */
const unfolded = (html: string) => [...html.matchAll(/<details class="integration" id="(\w+)" open/g)].map(([, provider]) => provider);

const secret = connectors.stripe.makeSecret(Buffer.alloc(24, 3));

describe("Settings, Integrations", () => {
  it.each(PROVIDERS)("tells for %s the tenant's URL and each event to select", async (provider) => {
    const { text, html } = await visitor.open(`${settings}?open=${provider}`);
    expect(html).toContain(`value="https://hooks.example.com/api/webhooks/${provider}/${tenantId}"`);
    for (const type of eventsToSelect(provider)) expect(text).toContain(` ${type} `);
    expect(html).toMatch(new RegExp(`<details[^>]*id="${provider}"[^>]*\\sopen`));
  });

  it("keeps a secret and never shows it again", async () => {
    const saved = await submit("stripe/secret", { signingSecret: secret });
    expect(saved.headers.get("location")).toBe(`${settings}?open=stripe#stripe`);
    const { text, html } = await visitor.open(`${settings}?open=stripe`);
    expect(text).toContain("Saved. Deliveries that are signed with it are accepted from now on.");
    expect(text).toContain(`${secret.slice(0, 6)}…${secret.slice(-4)}`);
    expect(html).not.toContain(secret);
  });

  it("says openly that deliveries come before there is a secret, and opens the row that waits for it", async () => {
    await seedRejection(console.backing.store, tenantId, "polar", "no_signing_secret");
    const page = await visitor.open(settings);
    expect(page.text).toMatch(/Nothing is connected\..*Last problem .{0,200}signing secret/);
    expect(page.html).not.toContain("<summary>Last problem");
    expect(unfolded(page.html)).toEqual(["polar"]);
    expect(linkOf(page, "Set up Polar")).toBe(`${settings}?open=polar#polar`);
  });

  it("does not open the row of a provider that is not used because a stranger tried its URL", async () => {
    await submit("stripe/secret", { signingSecret: secret });
    await seedRejection(console.backing.store, tenantId, "polar", "no_signing_secret");
    const { html, text } = await visitor.open(settings);
    expect(text).not.toContain("Nothing is connected");
    expect(unfolded(html)).toEqual([]);
  });

  it("replaces a secret with the overlap that was chosen", async () => {
    await submit("stripe/secret", { signingSecret: secret });
    await visitor.open(settings);
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    expect((await done("stripe/secret", { signingSecret: next, overlapHours: "168" })).text).toContain("Replaced.");
    expect((await visitor.open(settings)).text).toMatch(/Ends +in [67] days/);
  });

  it("says of a secret that is pasted again that it is in use already, or again", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await done("stripe/secret", { signingSecret: secret });
    expect((await done("stripe/secret", { signingSecret: secret })).text).toContain("That is the secret in use already");
    expect((await done("stripe/secret", { signingSecret: next })).text).toContain("Replaced.");
    expect((await done("stripe/secret", { signingSecret: secret })).text).toContain("That secret was here before");
  });

  it("takes a secret as it comes when it is pasted, with white space around it", async () => {
    expect((await done("stripe/secret", { signingSecret: ` ${secret}\n` })).text).toContain("Saved.");
    expect((await done("stripe/secret", { signingSecret: secret })).text).toContain("That is the secret in use already");
  });

  it("says of the sixth secret that the oldest one had to make room", async () => {
    const next = (n: number) => done("stripe/secret", { signingSecret: connectors.stripe.makeSecret(Buffer.alloc(24, n)), overlapHours: "168" });
    const said = [];
    for (let n = 1; n <= 6; n++) said.push((await next(n)).text.includes("the oldest one is accepted no more"));
    expect(said).toEqual([false, false, false, false, false, true]);
  });

  it("leaves those before it alone where the secret in use is pasted again and no overlap was chosen", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await done("stripe/secret", { signingSecret: secret });
    const { html } = await done("stripe/secret", { signingSecret: next, overlapHours: "168" });
    const preselected = chosenIn(html, "overlap-stripe") ?? "none";
    const { text } = await done("stripe/secret", { signingSecret: next, overlapHours: preselected });
    expect(text).toContain("That is the secret in use already: nothing had to be replaced.");
    expect(text).toMatch(/Ends +in [67] days/);
  });

  it("says that those before it end as was chosen where the secret in use is pasted again with another overlap", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await done("stripe/secret", { signingSecret: secret });
    await done("stripe/secret", { signingSecret: next, overlapHours: "168" });
    const { text } = await done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(text).toContain("That is the secret in use already; those before it are accepted for no longer than you chose.");
    expect(text).not.toMatch(/Ends +in/);
  });

  it("has the one before it end after the time that is preselected", async () => {
    const { html } = await done("stripe/secret", { signingSecret: secret });
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    const { text } = await done("stripe/secret", { signingSecret: next, overlapHours: chosenIn(html, "overlap-stripe") ?? "none" });
    expect(html).toMatch(/<option[^>]*>for 24 hours</);
    expect(text).toMatch(/Ends +in (1 day|23 hours)/);
  });

  it("does not say of a secret that it goes on being accepted where it stopped at once", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await done("stripe/secret", { signingSecret: secret });
    const replaced = await done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(replaced.text).toContain("Replaced. The one before it is accepted no more");
    expect(replaced.text).not.toContain("as long as its badge says");
    await done("stripe/secret", { signingSecret: secret });
    const again = await done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(again.text).toContain("the one that was in use is accepted no more");
  });

  it("keeps how long the old secret goes on being accepted, where the new one is refused", async () => {
    await done("stripe/secret", { signingSecret: secret });
    const refused = await submit("stripe/secret", { signingSecret: "pk_live_1234567890", overlapHours: "0" });
    expect(refused.status).toBe(422);
    expect(chosenIn(refused.html, "overlap-stripe")).toBe("0");
  });

  it("leads from a form that was refused to another provider's row", async () => {
    await done("stripe/secret", { signingSecret: secret });
    const refused = await submit("stripe/secret", { signingSecret: "pk_live_1234567890" });
    const { pathname, search } = new URL(linkOf(refused, "Set up Polar"), `https://console.example/tenants/${tenantId}/integrations/stripe/secret`);
    expect((await visitor.follow(pathname + search)).html).toMatch(/<details[^>]*id="polar"[^>]*\sopen/);
  });

  it("leads an operator to the guide with the tenant's own URLs in it", async () => {
    const operator = await Visitor.signedIn(console);
    const guide = await operator.open(linkOf(await operator.open(settings), "guide"));
    expect(guide.text).toContain(`https://hooks.example.com/api/webhooks/stripe/${tenantId}`);
  });

  it("shows nothing of a key that is so short that a hint would give it away", async () => {
    await done("clerk/api-key", { apiKey: "sk_test_1" });
    const { text, html } = await visitor.open(`${settings}?open=clerk`);
    expect(text).toContain("One is in use.");
    expect(html).not.toContain("<code>…</code>");
  });

  it.each([
    ["stripe/secret", { signingSecret: "pk_live_1234567890" }, "publishable key"],
    ["stripe/secret", { signingSecret: "" }, "Nothing was pasted"],
    ["stripe/secret", { signingSecret: " whsec_x y " }, "white space"],
    ["clerk/api-key", { apiKey: "whsec_1234567890" }, "signing secret"],
    ["clerk/signup-event", { signupEvent: "purchase" }, ""],
  ] as const)("refuses with a sentence: %s %j", async (path, fields, words) => {
    const { status, text, html } = await submit(path, fields);
    expect(status).toBe(422);
    expect(text).toContain(words);
    expect(html).toContain('aria-invalid="true"');
  });

  it.each(["stripe/secret", "clerk/api-key", "clerk/signup-event", "clerk/import", "clerk/import/cancel"])(
    "leads from the address of a form that was refused to its row: %s",
    async (path) => {
      const [provider = ""] = path.split("/");
      const { status, headers } = await visitor.open(`/tenants/${tenantId}/integrations/${path}`);
      expect([status, headers.get("location")]).toEqual([303, `${settings}?open=${provider}#${provider}`]);
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
    const { status } = method === "GET" ? await visitor.open(`/tenants/${tenantId}/integrations/${path}`) : await submit(path);
    expect(status).toBe(404);
  });

  it("says what was done once, and no more when it is loaded again", async () => {
    const { headers } = await submit("stripe/secret", { signingSecret: secret });
    const [page = ""] = (headers.get("location") ?? "").split("#");
    const said = [(await visitor.open(page)).text.includes("Saved."), (await visitor.open(page)).text.includes("Saved.")];
    expect(said).toEqual([true, false]);
  });

  it("imports with a key, one import at a time, and not without a key", async () => {
    expect((await done("clerk/import")).text).toContain("There is no API key to import with.");
    expect((await done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" })).text).toContain("The import has begun.");
    expect((await done("clerk/import")).text).toContain("An import is under way already.");
    expect((await done("clerk/import/cancel")).text).toContain("Canceled. Whoever was imported so far stays.");
    expect((await done("clerk/import")).text).toContain("The import has begun.");
  });

  it.each([
    ["in line", "now()", "Waits for its turn"],
    ["for Clerk", "now() + interval '1 minute'", "Clerk does not answer at the moment"],
  ])("says that an import waits %s", async (_for, movedAt, words) => {
    await done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await console.backing.store.pool.query(`UPDATE backfills SET started_at = now(), progress_at = ${movedAt} WHERE tenant_id = $1`, [tenantId]);
    expect((await visitor.open(`${settings}?open=clerk`)).text).toContain(words);
  });

  it("does not guess how long an import takes: nobody knows how much of its time it waited in line or for Clerk", async () => {
    await done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await console.backing.store.pool.query(
      `UPDATE backfills SET status = 'running', seen = 1000, total = 10000, started_at = now() - interval '6 hours' WHERE tenant_id = $1`,
      [tenantId],
    );
    const { text } = await visitor.open(`${settings}?open=clerk`);
    expect(text).toContain("1,000 of 10,000");
    expect(text).not.toMatch(/About .* left/);
  });

  it("does not say of an import that is over that it was canceled", async () => {
    await done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await done("clerk/import/cancel");
    const { text } = await done("clerk/import/cancel");
    expect(text).toContain("No import was under way any more: nothing was canceled.");
    expect(text).not.toContain("Whoever was imported so far stays");
  });

  it("removes an integration after asking", async () => {
    await saveIntegration(console.backing.store, tenantId, "polar", { signingSecret: connectors.polar.makeSecret(Buffer.alloc(24, 3)) });
    const asked = await visitor.open(`/tenants/${tenantId}/integrations/polar/remove`);
    expect(asked.text).toContain("Contacts and events stay.");
    await submit("polar/remove");
    expect((await visitor.open(settings)).text).not.toContain("Remove this integration");
  });
});

describe("a test event", () => {
  it("says that ingest did not answer", async () => {
    await submit("stripe/secret", { signingSecret: secret });
    await visitor.open(`/tenants/${tenantId}/integrations/stripe/test`);
    const { status, text } = await submit("stripe/test", { type: "charge.refunded" });
    expect(status).toBe(502);
    expect(text).toContain("Ingest did not answer, so nothing was sent.");
  });

  it("says that there is nothing to sign with", async () => {
    await visitor.open(`/tenants/${tenantId}/integrations/polar/test`);
    const { status, text } = await submit("polar/test", { type: "order.paid" });
    expect(status).toBe(412);
    expect(text).toContain("There is no signing secret to sign with: paste one first.");
  });

  it("says that the secret can't be opened any more, and what to do", async () => {
    const before = openStore({ databaseUrl: console.databaseUrl, keyring: readKeyring(Buffer.alloc(32, 9).toString("base64")) });
    await saveIntegration(before, tenantId, "stripe", { signingSecret: secret }).finally(() => before.close());
    await visitor.open(`/tenants/${tenantId}/integrations/stripe/test`);
    const { status, text } = await submit("stripe/test", { type: "charge.refunded" });
    expect(status).toBe(503);
    expect(text).toContain("Paste the secret again.");
  });

  it("is one of those that there are", async () => {
    await visitor.open(`/tenants/${tenantId}/integrations/stripe/test`);
    expect((await submit("stripe/test", { type: "constructor" })).status).toBe(400);
  });

  it.each(["?event=x", "?event=&type=a&status=200&told=x", "?event=a&type=a&status=abc&told=x", `?event=${"a".repeat(300)}&type=a&status=200&told=x`])(
    "was not sent where the address says so by mistake: %s",
    async (query) => {
      const { status, text } = await visitor.open(`/tenants/${tenantId}/integrations/stripe/test${query}`);
      expect(status).toBe(200);
      expect(text).not.toContain("Ingest answered");
    },
  );
});
