import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { openSettings, type Settings } from "../../../test/settings.ts";

let console: OpenConsole;
let settings: Settings;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());
beforeEach(async () => {
  settings = await openSettings(console);
});

/** What is chosen in a select; the first of it where nothing is. */
function chosenIn(html: string, id: string): string | undefined {
  const options = new RegExp(`<select id="${id}".*?</select>`, "s").exec(html)?.[0] ?? "";
  const chosen = /<option[^>]*\sselected[^>]*>/.exec(options) ?? /<option[^>]*>/.exec(options);
  return chosen === null ? undefined : (/value="([^"]*)"/.exec(chosen[0])?.[1] ?? "");
}

const secret = connectors.stripe.makeSecret(Buffer.alloc(24, 3));

describe("the form of a signing secret", () => {
  it("shows what a secret of each provider begins with", async () => {
    const { html } = await settings.visitor.open(settings.path);
    const placeholders = PROVIDERS.map((provider) => new RegExp(`<input[^>]*id="secret-${provider}"[^>]*>`).exec(html)?.[0]);
    for (const [i, provider] of PROVIDERS.entries()) for (const prefix of connectors[provider].secretPrefixes.signing) expect(placeholders[i]).toContain(`${prefix}…`);
    expect(placeholders[PROVIDERS.indexOf("polar")]).toContain('placeholder="polar_whs_… or whsec_…"');
  });

  it("keeps a secret and never shows it again", async () => {
    const saved = await settings.submit("stripe/secret", { signingSecret: secret });
    expect(saved.headers.get("location")).toBe(`${settings.path}?open=stripe#stripe`);
    const { text, html } = await settings.visitor.open(`${settings.path}?open=stripe`);
    expect(text).toContain("Saved. Deliveries that are signed with it are accepted from now on.");
    expect(text).toContain(`${secret.slice(0, 6)}…${secret.slice(-4)}`);
    expect(html).not.toContain(secret);
  });

  it("replaces a secret with the overlap that was chosen", async () => {
    await settings.submit("stripe/secret", { signingSecret: secret });
    await settings.visitor.open(settings.path);
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    expect((await settings.done("stripe/secret", { signingSecret: next, overlapHours: "168" })).text).toContain("Replaced.");
    expect((await settings.visitor.open(settings.path)).text).toMatch(/Ends +in [67] days/);
  });

  it("says of a secret that is pasted again that it is in use already, or again", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await settings.done("stripe/secret", { signingSecret: secret });
    expect((await settings.done("stripe/secret", { signingSecret: secret })).text).toContain("That is the secret in use already");
    expect((await settings.done("stripe/secret", { signingSecret: next })).text).toContain("Replaced.");
    expect((await settings.done("stripe/secret", { signingSecret: secret })).text).toContain("That secret was here before");
  });

  it("takes a secret as it comes when it is pasted, with white space around it", async () => {
    expect((await settings.done("stripe/secret", { signingSecret: ` ${secret}\n` })).text).toContain("Saved.");
    expect((await settings.done("stripe/secret", { signingSecret: secret })).text).toContain("That is the secret in use already");
  });

  it("says of the sixth secret that the oldest one had to make room", async () => {
    const next = (n: number) => settings.done("stripe/secret", { signingSecret: connectors.stripe.makeSecret(Buffer.alloc(24, n)), overlapHours: "168" });
    const said = [];
    for (let n = 1; n <= 6; n++) said.push((await next(n)).text.includes("the oldest one is accepted no more"));
    expect(said).toEqual([false, false, false, false, false, true]);
  });

  it("leaves those before it alone where the secret in use is pasted again and no overlap was chosen", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await settings.done("stripe/secret", { signingSecret: secret });
    const { html } = await settings.done("stripe/secret", { signingSecret: next, overlapHours: "168" });
    const preselected = chosenIn(html, "overlap-stripe") ?? "none";
    const { text } = await settings.done("stripe/secret", { signingSecret: next, overlapHours: preselected });
    expect(text).toContain("That is the secret in use already: nothing had to be replaced.");
    expect(text).toMatch(/Ends +in [67] days/);
  });

  it("says that those before it end as was chosen where the secret in use is pasted again with another overlap", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await settings.done("stripe/secret", { signingSecret: secret });
    await settings.done("stripe/secret", { signingSecret: next, overlapHours: "168" });
    const { text } = await settings.done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(text).toContain("That is the secret in use already; those before it are accepted for no longer than you chose.");
    expect(text).not.toMatch(/Ends +in/);
  });

  it("has the one before it end after the time that is preselected", async () => {
    const { html } = await settings.done("stripe/secret", { signingSecret: secret });
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    const { text } = await settings.done("stripe/secret", { signingSecret: next, overlapHours: chosenIn(html, "overlap-stripe") ?? "none" });
    expect(html).toMatch(/<option[^>]*>for 24 hours</);
    expect(text).toMatch(/Ends +in (1 day|23 hours)/);
  });

  it("does not say of a secret that it goes on being accepted where it stopped at once", async () => {
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 4));
    await settings.done("stripe/secret", { signingSecret: secret });
    const replaced = await settings.done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(replaced.text).toContain("Replaced. The one before it is accepted no more");
    expect(replaced.text).not.toContain("as long as its badge says");
    await settings.done("stripe/secret", { signingSecret: secret });
    const again = await settings.done("stripe/secret", { signingSecret: next, overlapHours: "0" });
    expect(again.text).toContain("the one that was in use is accepted no more");
  });

  it("keeps how long the old secret goes on being accepted, where the new one is refused", async () => {
    await settings.done("stripe/secret", { signingSecret: secret });
    const refused = await settings.submit("stripe/secret", { signingSecret: "pk_live_1234567890", overlapHours: "0" });
    expect(refused.status).toBe(422);
    expect(chosenIn(refused.html, "overlap-stripe")).toBe("0");
  });
});
