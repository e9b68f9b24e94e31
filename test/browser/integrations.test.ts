import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors } from "@mara/connectors";
import type { Locator } from "playwright-core";
import { openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { startFakeClerk, type FakeClerk } from "../support/fake-clerk.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf, sendSigned } from "../support/provider-client.ts";

let clerk: FakeClerk;
let pipeline: Pipeline;
let browser: TestBrowser;
let visitor: Visitor;

beforeAll(async () => {
  clerk = await startFakeClerk({ users: 1_200 });
  pipeline = await openPipeline({ clerkApiUrl: clerk.url });
  browser = await openBrowser(pipeline.consoleUrl);
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
  await clerk.close();
});
beforeEach(async () => {
  visitor = await browser.visitor();
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.offences).toEqual([]);
});

/** Somebody who never saw the product: a tenant with nothing set up, at its first page. */
async function newcomer(): Promise<{ readonly id: string; readonly token: string }> {
  const made = await pipeline.api.createTenant(`new-${Math.random().toString(36).slice(2, 10)}`);
  await visitor.go("/");
  await visitor.signIn(made.token);
  return made;
}

async function atSettings(tenant: Pick<PipelineTenant, "id" | "token">, open: string): Promise<void> {
  await visitor.go("/");
  await visitor.signIn(tenant.token);
  await visitor.go(`/tenants/${tenant.id}/settings/integrations?open=${open}`);
}

const row = (provider: string) => visitor.page.locator(`#${provider}`);
const secretField = (provider: string) => visitor.page.locator(`#secret-${provider}`);
const save = (provider: string) => row(provider).getByRole("button", { name: /^(Save|Replace) secret$/ }).click();
const healthOf = (label: string) => visitor.page.getByRole("article", { name: label });

describe("a newcomer", () => {
  it("is shown what to do at the first provider, and its own URL to copy", async () => {
    const { id } = await newcomer();
    const stripe = row("stripe");
    expect(await stripe.getByText("Add destination").isVisible()).toBe(true);
    for (const type of ["customer.subscription.created", "checkout.session.async_payment_succeeded"]) {
      expect(await stripe.getByText(type, { exact: true }).isVisible()).toBe(true);
    }
    await stripe.getByRole("button", { name: "Copy Webhook URL" }).click();
    await stripe.getByText("Copied").waitFor();
    expect(await visitor.page.evaluate(() => navigator.clipboard.readText())).toBe(`https://hooks.example.com/api/webhooks/stripe/${id}`);
  });

  it.each(["stripe", "polar", "clerk"] as const)("pastes the secret of %s, which shows from then on by its hint alone", async (provider) => {
    const { id } = await newcomer();
    const secret = connectors[provider].makeSecret(Buffer.alloc(24, 7));
    await visitor.go(`/tenants/${id}/settings/integrations?open=${provider}`);
    await secretField(provider).fill(secret);
    await save(provider);
    await row(provider).getByText("Saved. Deliveries that are signed with it").waitFor();
    const { [provider]: integration } = await pipeline.api.integrations(id);
    // The page is shown while it is still being read: what stands beneath may come a moment later.
    await row(provider).getByText(integration.secrets[0]?.hint ?? "?", { exact: true }).waitFor();
    expect(await healthOf(connectors[provider].label).innerText()).toContain("Waiting for the first event");
    expect(await visitor.page.content()).not.toContain(secret);
  });

  it("sees the first event arrive without doing anything", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "stripe");
    expect(await healthOf("Stripe").innerText()).toContain("Waiting for the first event");
    await tenant.sendSample("stripe", "customer.subscription.created");
    await healthOf("Stripe").getByText("Flowing").waitFor();
    await healthOf("Stripe").getByText("customer.subscription.created").waitFor();
    await visitor.page.locator("[data-announcer]", { hasText: "Stripe: Flowing" }).waitFor({ state: "attached" });
  });
});

describe("a button that copies", () => {
  it("says what it does again after a while, however often it was pressed", async () => {
    await visitor.page.clock.install();
    await newcomer();
    const { page } = visitor;
    const copy = row("stripe").locator("button[data-copy]").first();
    const announcer = page.locator("[data-announcer]");
    const press = async () => {
      await announcer.evaluate((output) => (output.textContent = ""));
      await copy.click();
      await announcer.filter({ hasText: "Copied" }).waitFor({ state: "attached" });
    };
    await press();
    await press();
    await page.clock.runFor(10_000);
    expect(await copy.innerText()).toMatch(/^Copy\b/);
  });
});

describe("what arrived between the page and its stream", () => {
  /** The page's stream begins once this is opened. */
  async function streamHeldBack(): Promise<Gate> {
    const arrival = gate();
    await visitor.page.route("**/live/**", async (route) => {
      await arrival.opened;
      await route.continue();
    });
    return arrival;
  }

  it("is said aloud", async () => {
    const tenant = await pipeline.tenant();
    const arrival = await streamHeldBack();
    await atSettings(tenant, "stripe");
    expect(await healthOf("Stripe").innerText()).toContain("Waiting for the first event");
    await tenant.sendSample("stripe", "customer.subscription.created");
    await tenant.settled();
    arrival.open();
    await visitor.page.locator("[data-announcer]", { hasText: "Stripe: Flowing" }).waitFor({ state: "attached" });
  });

  it("is said aloud in full, where it is more than one thing", async () => {
    const tenant = await pipeline.tenant();
    const arrival = await streamHeldBack();
    await atSettings(tenant, "stripe");
    await tenant.sendSample("stripe", "customer.subscription.created");
    await tenant.sendSample("polar", "order.paid");
    await tenant.settled();
    arrival.open();
    await visitor.page.locator("[data-announcer]", { hasText: /Stripe: Flowing.*Polar: Flowing/ }).waitFor({ state: "attached" });
  });
});

describe("what can't be a secret", () => {
  it("is refused in sight, with the focus where it is to be pasted anew", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "clerk");
    await visitor.page.setViewportSize({ width: 1280, height: 600 });
    await secretField("clerk").fill("pk_live_51abcdefghijklmnop");
    await save("clerk");
    const problem = row("clerk").getByText("publishable key");
    await problem.waitFor();
    await visitor.page.waitForFunction(() => document.activeElement?.id === "secret-clerk");
    expect(await isInSight(problem)).toBe(true);
  });

  it.each([
    ["stripe", "pk_live_51abcdefghijklmnop"],
    ["stripe", "sk_live_51abcdefghijklmnop"],
    ["stripe", "whsec_abc def ghi jkl mno pqr stu"],
    ["polar", "polar_oat_abcdefghijklmnopqrstuvwxyz"],
    ["clerk", "sk_test_abcdefghijklmnopqrstuvwxyz"],
    ["clerk", "https://clerk.example/webhooks"],
  ] as const)("is refused with a sentence that says what it is: %s %s", async (provider, pasted) => {
    const { id } = await newcomer();
    await visitor.go(`/tenants/${id}/settings/integrations?open=${provider}`);
    await secretField(provider).fill(pasted);
    await save(provider);
    const sentence = connectors[provider].secretProblem(pasted) ?? "";
    await row(provider).getByText(sentence).waitFor();
    expect(await secretField(provider).getAttribute("aria-invalid")).toBe("true");
    expect(await secretField(provider).inputValue()).toBe("");
    expect(await visitor.page.title()).toMatch(/^Not saved/);
    expect((await pipeline.api.integrations(id))[provider].configured).toBe(false);
  });
});

describe("deliveries that are rejected", () => {
  it("are not read out again and again, as the last one grows older", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "polar");
    await sendSigned(pipeline.ingestUrls[0], tenant.id, "polar", sampleOf("polar", "order.paid", { at: Date.now(), seed: "old" }), connectors.polar.makeSecret(Buffer.alloc(24, 99)));
    await visitor.page.locator("[data-live=problems] time[data-ago]").waitFor();
    expect(await visitor.page.locator(":is([role=alert], [role=status], [aria-live], output) time[data-ago]").count()).toBe(0);
  });

  it("show at once, with what to do", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "polar");
    const event = sampleOf("polar", "order.paid", { at: Date.now(), seed: "wrong" });
    const strangers = connectors.polar.makeSecret(Buffer.alloc(24, 99));
    for (let i = 0; i < 3; i++) await sendSigned(pipeline.ingestUrls[0], tenant.id, "polar", event, strangers);
    await healthOf("Polar").getByText("Rejecting").waitFor();
    const problems = visitor.page.locator("[data-live=problems]");
    await problems.getByText("Paste the signing secret again").waitFor();
    expect(await problems.innerText()).toContain("Polar switches an endpoint off after 10 failures in a row");
  });

  const reject = async (tenantId: string, provider: "stripe" | "polar", sample: string) => {
    const event = sampleOf(provider, sample, { at: Date.now(), seed: "wrong" });
    await sendSigned(pipeline.ingestUrls[0], tenantId, provider, event, connectors[provider].makeSecret(Buffer.alloc(24, 99)));
  };

  it("leave the focus where it is, when those of another provider are told above them", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "clerk");
    await reject(tenant.id, "polar", "order.paid");
    await visitor.page.getByRole("link", { name: "Paste the secret of Polar" }).focus();
    await reject(tenant.id, "stripe", "charge.refunded");
    await visitor.page.getByRole("link", { name: "Paste the secret of Stripe" }).waitFor();
    await visitor.page.keyboard.press("Enter");
    await visitor.page.waitForURL(/#polar$/);
  });

  it("lead to where the secret is pasted, also when that was folded up again", async () => {
    const tenant = await pipeline.tenant();
    await reject(tenant.id, "polar", "order.paid");
    await atSettings(tenant, "clerk");
    const link = visitor.page.getByRole("link", { name: "Paste the secret of Polar" });
    await link.click();
    await secretField("polar").waitFor();
    await row("polar").locator("summary").first().click();
    await secretField("polar").waitFor({ state: "hidden" });
    await link.click();
    await secretField("polar").waitFor();
  });
});

describe("replacing a secret while deliveries come", () => {
  it("loses none: both are accepted, and each shows when it was last used", async () => {
    const tenant = await pipeline.tenant();
    const next = connectors.stripe.makeSecret(Buffer.alloc(24, 42));
    await atSettings(tenant, "stripe");
    const statuses: number[] = [];
    let sending = true;
    const provider = (async () => {
      for (let n = 0; sending; n++) {
        const event = sampleOf("stripe", "invoice.payment_failed", { at: Date.now(), seed: `r${n}` });
        statuses.push((await tenant.send("stripe", event)).status);
      }
    })();
    await secretField("stripe").fill(next);
    await row("stripe").getByLabel("The one before it goes on being accepted").selectOption("for 7 days");
    await save("stripe");
    await row("stripe").getByText("Replaced.").waitFor();
    const withNext = await sendSigned(pipeline.ingestUrls[0], tenant.id, "stripe", sampleOf("stripe", "charge.refunded", { at: Date.now(), seed: "n" }), next);
    const already = statuses.length;
    await eventually(() => statuses.length, (sent) => sent > already + 3);
    sending = false;
    await provider;
    expect([withNext.status, ...new Set(statuses)]).toEqual([200, 200]);
    const secrets = row("stripe").getByRole("listitem").filter({ hasText: "whsec_…" }).filter({ hasText: "last used" });
    await eventually(() => secrets.count(), (count) => count === 2);
    expect(await secrets.filter({ hasText: /Ends in [67] days/ }).count()).toBe(1);
  });
});

describe("the import of those who signed up before", () => {
  const importPart = () => visitor.page.locator("[data-live=import]");
  const bar = () => importPart().getByRole("progressbar");

  it("starts with the first key, and its bar moves while one watches", async () => {
    const tenant = await pipeline.tenant();
    const gates = [gate(), gate()];
    clerk.beforePage = inTurn(gates);
    await atSettings(tenant, "clerk");
    await visitor.page.getByLabel("Clerk's secret key").fill(clerk.secretKey);
    await visitor.page.getByRole("button", { name: "Save and import" }).click();
    await row("clerk").getByText("The import has begun").waitFor();
    gates[0]?.open();
    await importPart().getByText("500 of 1,200").waitFor();
    expect(await bar().getAttribute("value")).toBe("500");
    expect(await importPart().getByText("Running", { exact: true }).isVisible()).toBe(true);
    gates[1]?.open();
    await importPart().getByText("1,200 of 1,200").waitFor();
    await importPart().getByText("Done").waitFor();
    await healthOf("Clerk").getByText("1,200").waitFor();
    clerk.beforePage = () => undefined;
  });

  it("stops when it is canceled", async () => {
    const tenant = await pipeline.tenant();
    const second = gate();
    clerk.beforePage = inTurn([null, second]);
    await pipeline.api.saveIntegration(tenant.id, "clerk", { apiKey: clerk.secretKey });
    await atSettings(tenant, "clerk");
    await importPart().getByText("500 of 1,200").waitFor();
    await importPart().getByRole("button", { name: "Cancel the import" }).click();
    await row("clerk").getByText("Canceled. Whoever was imported so far stays.").waitFor();
    await importPart().getByText("Canceled", { exact: true }).waitFor();
    second.open();
    clerk.beforePage = () => undefined;
  });

  it("says what was pasted in place of a key", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "clerk");
    await visitor.page.getByLabel("Clerk's secret key").fill("pk_test_abcdefghij");
    await visitor.page.getByRole("button", { name: "Save and import" }).click();
    await row("clerk").getByText("That is a publishable key").waitFor();
  });

  it("says why it failed", async () => {
    const tenant = await pipeline.tenant();
    await pipeline.api.saveIntegration(tenant.id, "clerk", { apiKey: "sk_test_nobodyhasthiskey" });
    await atSettings(tenant, "clerk");
    await importPart().getByText("Clerk refuses the API key").waitFor();
  });
});

describe("other settings", () => {
  it("keep which event means that somebody signed up", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "clerk");
    await visitor.page.getByLabel("Event of Clerk that means that somebody signed up").selectOption("user.created");
    await visitor.page.getByRole("button", { name: "Save the signup event of Clerk" }).click();
    await row("clerk").getByText("Saved.").waitFor();
    expect((await pipeline.api.integrations(tenant.id)).clerk.signupEvent).toBe("user.created");
  });

  it("are kept where Enter is pressed once too often", async () => {
    const tenant = await pipeline.tenant();
    await atSettings(tenant, "polar");
    await row("polar").getByRole("link", { name: "Remove this integration" }).press("Enter");
    const dialog = visitor.page.getByRole("dialog");
    await dialog.waitFor();
    expect(await visitor.page.evaluate(() => document.activeElement?.textContent)).toBe("Keep it");
    await visitor.page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    expect((await pipeline.api.integrations(tenant.id)).polar.configured).toBe(true);
  });

  it.each([
    ["in a dialog", true],
    ["on a page of its own without script", false],
  ] as const)("remove an integration after asking, %s", async (_how, script) => {
    const tenant = await pipeline.tenant();
    await visitor.leave();
    visitor = await browser.visitor({ script });
    await atSettings(tenant, "polar");
    await row("polar").getByRole("link", { name: "Remove this integration" }).click();
    await visitor.page.getByRole("button", { name: "Remove Polar" }).click();
    await row("polar").getByText("Removed.").waitFor();
    expect((await pipeline.api.integrations(tenant.id)).polar.configured).toBe(false);
  });
});

/** Whether somebody sees it without moving the page. */
function isInSight(place: Locator): Promise<boolean> {
  return place.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** Each page that is asked for from now on waits at its gate, where it has one. */
function inTurn(gates: readonly (Gate | null)[]): () => Promise<void> | undefined {
  const left = [...gates];
  return () => left.shift()?.opened;
}

/** Holds whoever waits for it until it is opened. */
function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
