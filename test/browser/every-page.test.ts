import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { accessibilityProblems, openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
import { ADMIN_TOKEN, openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { tellStory } from "../support/story.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;
const visitors: Partial<Record<string, Visitor>> = {};

/** A real id for each place in a path. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  pipeline = await openPipeline();
  browser = await openBrowser(pipeline.consoleUrl);
  tenant = await pipeline.tenant();
  await tellStory(pipeline, tenant);
  await pipeline.api.createTenant("fresh");
  const [failed] = await pipeline.api.deliveries(tenant.id, "outcome=failed");
  const [processed] = await pipeline.api.deliveries(tenant.id, "outcome=processed");
  const contacts = await pipeline.api.contacts(tenant.id, "provider=clerk");
  Object.assign(ids, {
    t: tenant.id,
    failed: failed?.id,
    processed: processed?.id,
    contact: processed?.contactId,
    hostile: contacts.find((contact) => contact.name?.startsWith("A".repeat(200)))?.id,
  });
  for (const theme of ["light", "dark"] as const) {
    const visitor = await browser.visitor({ theme });
    await visitor.go("/");
    await visitor.signIn(ADMIN_TOKEN);
    visitors[theme] = visitor;
  }
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});
afterEach(() => {
  for (const visitor of Object.values(visitors)) expect(visitor?.offences).toEqual([]);
});

/** Whether everybody can use these is looked at here; the other pages see to it in their own tests. */
const SETTINGS = [
  ["the tenants", "/tenants"],
  ["settings, folded", "/tenants/:t/settings/integrations"],
  ["settings of Stripe", "/tenants/:t/settings/integrations?open=stripe"],
  ["settings of Polar", "/tenants/:t/settings/integrations?open=polar"],
  ["settings of Clerk", "/tenants/:t/settings/integrations?open=clerk"],
  ["settings with nothing set up", "/tenants/fresh/settings/integrations"],
  ["removing an integration", "/tenants/:t/integrations/stripe/remove"],
  ["replacing a token", "/tenants/:t/token"],
  ["a test event", "/tenants/:t/integrations/stripe/test"],
  ["a test event without a secret", "/tenants/fresh/integrations/stripe/test"],
  ["a test event under way", "/tenants/:t/integrations/stripe/test?provider=stripe&type=charge.refunded&event=evt_none&status=200&told=%7B%7D"],
  ["nothing", "/nowhere"],
] as const;

const PAGES = [
  ...SETTINGS,
  ["deliveries", "/tenants/:t/deliveries"],
  ["a delivery", "/tenants/:t/deliveries/:processed"],
  ["a failed delivery", "/tenants/:t/deliveries/:failed"],
  ["contacts", "/tenants/:t/contacts"],
  ["a contact", "/tenants/:t/contacts/:contact"],
  ["a contact with a long name", "/tenants/:t/contacts/:hostile"],
  ["events", "/tenants/:t/events"],
  ["the guide", "/docs/webhooks"],
] as const;

function filled(path: string): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? `no-${name}`);
}

async function shown(theme: "light" | "dark", path: string): Promise<Visitor> {
  const visitor = visitors[theme];
  if (visitor === undefined) throw new Error("nobody is signed in");
  const status = await visitor.go(filled(path));
  if (status !== (path === "/nowhere" ? 404 : 200)) throw new Error(`${filled(path)} answered ${status}`);
  return visitor;
}

describe.each(SETTINGS)("the page of %s", (_name, path) => {
  it.each(["light", "dark"] as const)("is for everybody: axe finds nothing, in %s colours", async (theme) => {
    const { page } = await shown(theme, path);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it("fits on the narrowest phone without moving sideways", async () => {
    const { page } = await shown("light", path);
    await page.setViewportSize({ width: 320, height: 700 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(beyond).toBeLessThanOrEqual(0);
  });
});

describe.each([320, 360, 390])("the sections of a tenant", (width) => {
  it(`are all in sight on a phone of ${width} pixels`, async () => {
    const { page } = await shown("light", "/tenants/:t/settings/integrations");
    await page.setViewportSize({ width, height: 700 });
    const hidden = await page.getByRole("navigation", { name: "Sections" }).evaluate((tabs) => tabs.scrollWidth - tabs.clientWidth);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(hidden).toBe(0);
  });
});

describe.each(PAGES)("the page of %s", (_name, path) => {
  it("weighs less than 100 KB with all that belongs to it", async () => {
    const { page, context } = await shown("light", path);
    const parts = await page.evaluate(() =>
      [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((part) => part.getAttribute("href") ?? part.getAttribute("src") ?? ""),
    );
    const bodies = await Promise.all([filled(path), ...parts].map(async (part) => (await context.request.get(part)).body()));
    expect(bodies.reduce((sum, body) => sum + body.length, 0)).toBeLessThan(100_000);
  });

  it("has one heading of the first rank, and none skipped", async () => {
    const { page } = await shown("light", path);
    const ranks = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, h4, h5")].map((heading) => Number(heading.tagName.slice(1))));
    expect(ranks.filter((rank) => rank === 1)).toEqual([1]);
    expect(ranks.filter((rank, at) => rank > (ranks[at - 1] ?? 0) + 1)).toEqual([]);
  });

  it("breaks nothing with what strangers wrote", async () => {
    const { page } = await shown("light", path);
    expect(await page.title()).not.toContain("broken in");
    expect(await page.evaluate(() => document.querySelectorAll("main img, main b").length)).toBe(0);
  });
});

describe("axe", () => {
  it("is let to look: it finds a field without its label", async () => {
    const { page } = await shown("light", "/tenants");
    await page.evaluate(() => document.querySelector("label[for=name]")?.remove());
    expect(await accessibilityProblems(page)).toEqual([expect.stringMatching(/^label: <input id="name"/)]);
  });
});

describe("the queue board", () => {
  it("shows every queue to an operator, with its own files alone", async () => {
    const { page } = await shown("light", "/queues");
    await page.getByText("events-0").first().waitFor();
    await page.getByText("backfills").first().waitFor();
  });
});

describe("the keyboard alone", () => {
  it("goes past the navigation to the content first", async () => {
    const { page } = await shown("light", "/tenants/:t/settings/integrations");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  });

  it("reaches everything that can be pressed, always with a visible focus", async () => {
    const { page } = await shown("light", "/tenants/:t/settings/integrations?open=clerk");
    const reachable = await page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, summary")].filter(
          (element) => element.checkVisibility({ visibilityProperty: true }) && element.closest("dialog:not([open])") === null,
        ).length,
    );
    const invisible: string[] = [];
    const reached = new Set<string>();
    for (let presses = 0; presses < reachable + 5; presses++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        if (!(element instanceof HTMLElement) || element === document.body) return null;
        const style = getComputedStyle(element);
        const all = [...document.querySelectorAll("*")];
        return { place: String(all.indexOf(element)), isSeen: style.outlineStyle !== "none" && element.checkVisibility(), html: element.outerHTML.slice(0, 100) };
      });
      if (focus === null) break;
      reached.add(focus.place);
      if (!focus.isSeen) invisible.push(focus.html);
    }
    expect(invisible).toEqual([]);
    expect(reached.size).toBe(reachable);
  });

  it("unfolds a row and leaves a dialog", async () => {
    const { page } = await shown("light", "/tenants/:t/settings/integrations");
    await page.locator("#polar > summary").focus();
    await page.keyboard.press("Enter");
    await page.locator("#secret-polar").waitFor();
    await page.locator("#polar").getByRole("link", { name: "Remove this integration" }).press("Enter");
    await page.getByRole("dialog", { name: "Remove Polar?" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Remove Polar?" }).waitFor({ state: "hidden" });
  });

  it("keeps its place while the page is kept fresh", async () => {
    const { page } = await shown("light", "/tenants/:t/settings/integrations?open=clerk");
    await page.locator("#api-key").focus();
    await page.keyboard.type("sk_test_half");
    await tenant.send("clerk", { id: "msg_later", body: JSON.stringify({ type: "session.ended", object: "event", data: {}, timestamp: Date.now() }) });
    await page.getByRole("article", { name: "Clerk" }).getByText("session.ended").waitFor();
    expect(await page.evaluate(() => [document.activeElement?.id, document.activeElement instanceof HTMLInputElement && document.activeElement.value])).toEqual([
      "api-key",
      "sk_test_half",
    ]);
  });
});
