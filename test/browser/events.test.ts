import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { seedEvents } from "../../apps/console/test/seed.ts";
import { countSubmits, openBrowser, submits, type TestBrowser, type Visitor } from "../support/browser.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;
let visitor: Visitor;

beforeAll(async () => {
  pipeline = await openPipeline();
  browser = await openBrowser(pipeline.consoleUrl);
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});
beforeEach(async () => {
  tenant = await pipeline.tenant();
  visitor = await browser.visitor();
  await visitor.signIn(tenant.token);
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.offences).toEqual([]);
});

describe("the list of events", () => {
  it.each([
    ["behind", -600_000],
    ["ahead", 600_000],
  ])("tells ages by the server's clock, where the visitor's is ten minutes %s", async (_how, wrongBy) => {
    const { page, go } = visitor;
    await page.addInitScript((ms) => {
      const right = Date.now;
      Date.now = () => right() + ms;
    }, wrongBy);
    await tenant.sendSample("stripe", "charge.refunded");
    await tenant.settled();
    await go(`/tenants/${tenant.id}/events?live=off`);
    const age = page.locator(".moment-when time");
    await age.evaluate((time) => (time.textContent = "not told anew yet"));
    await age.getByText(/ago|just now|in \d/).waitFor();
    expect(await age.innerText()).toMatch(/^(just now|\d+ seconds ago)$/);
  });

  it("shows what is recorded while one reads, and keeps open what one reads", async () => {
    const { page, go } = visitor;
    await tenant.sendSample("stripe", "charge.refunded");
    await tenant.settled();
    await go(`/tenants/${tenant.id}/events`);
    await page.locator(".moment-head").click();
    await page.getByText("Refunded in all").waitFor();
    await tenant.sendSample("polar", "order.paid");
    await page.locator(".moment-head").first().getByText("Purchase").waitFor();
    expect(await page.getByText("Refunded in all").isVisible()).toBe(true);
  });

  it("leads from an event to its contact, and there to the first of a repeat", async () => {
    const { page, go } = visitor;
    await tenant.sendSample("stripe", "invoice.payment_failed");
    await tenant.settled();
    await tenant.sendSample("stripe", "invoice.payment_failed:second-attempt");
    await tenant.settled();
    await go(`/tenants/${tenant.id}/events`);
    await page.getByRole("link", { name: "see the first" }).click();
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    expect(await page.locator(".moment:target").getAttribute("data-repeat")).toBe("false");
  });

  it("leads on to what is older, however much is recorded while one reads", async () => {
    const { page, go } = visitor;
    const ids = await seedEvents(pipeline.store, tenant.id, Array.from({ length: 30 }, () => ({})));
    await go(`/tenants/${tenant.id}/events`);
    const older = page.getByRole("link", { name: "Older" });
    expect(await older.count()).toBe(0);
    ids.push(...(await seedEvents(pipeline.store, tenant.id, Array.from({ length: 10 }, () => ({})))));
    await page.locator(".moment").first().and(page.locator(`[id$="${ids.at(-1)}"]`)).waitFor();
    await older.click();
    await page.getByRole("link", { name: "Back to the newest" }).waitFor();
    const shown = await page.locator(".moment").evaluateAll((moments) => moments.map(({ id }) => id));
    expect(shown).toEqual(ids.slice(0, 10).toReversed().map((id) => expect.stringContaining(id)));
  });

  it("filters once one asks for it, and not while one chooses", async () => {
    const { page, go } = visitor;
    await tenant.sendSample("stripe", "charge.refunded");
    await tenant.sendSample("polar", "order.paid");
    await tenant.settled();
    await go(`/tenants/${tenant.id}/events`);
    expect(await page.locator(".moment").count()).toBe(2);
    await countSubmits(page);
    await page.getByLabel("Event").selectOption("Purchase");
    expect(await submits(page)).toBe(0);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.waitForURL(/type=purchase/);
    expect(await page.locator(".moment").allInnerTexts()).toEqual([expect.stringContaining("Purchase")]);
  });
});
