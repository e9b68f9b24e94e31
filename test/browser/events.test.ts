import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
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

  it("filters as soon as one chooses", async () => {
    const { page, go } = visitor;
    await tenant.sendSample("stripe", "charge.refunded");
    await tenant.sendSample("polar", "order.paid");
    await tenant.settled();
    await go(`/tenants/${tenant.id}/events`);
    expect(await page.locator(".moment").count()).toBe(2);
    await page.getByLabel("Event").selectOption("Purchase");
    await page.waitForURL(/type=purchase/);
    expect(await page.locator(".moment").allInnerTexts()).toEqual([expect.stringContaining("Purchase")]);
  });
});
