import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { playFailure } from "../../apps/console/test/play.ts";
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

const openList = () => visitor.go(`/tenants/${tenant.id}/deliveries`);
const rows = () => visitor.page.locator(".deliveries tbody tr");

async function fail(sample: string): Promise<void> {
  await playFailure(pipeline.store, tenant.id, "stripe", sample, "the database was on holiday", { seed: sample.replace(/\W/g, "") });
}

describe("the list of deliveries", () => {
  it("shows what arrives while one looks, and leaves the focus where it is", async () => {
    await openList();
    await visitor.page.getByText("No delivery yet").waitFor();
    await visitor.page.getByLabel("Event id").focus();
    await tenant.sendSample("polar", "order.paid");
    await rows().filter({ hasText: "order.paid" }).filter({ hasText: "Processed" }).waitFor();
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe("event");
  });

  it("filters as soon as one chooses, and finds an event by its id", async () => {
    for (const [provider, sample] of [["stripe", "charge.refunded"], ["polar", "order.paid"]] as const) await tenant.sendSample(provider, sample);
    await tenant.settled();
    await openList();
    expect(await rows().count()).toBe(2);
    await visitor.page.getByLabel("Provider").selectOption("Polar");
    await visitor.page.waitForURL(/provider=polar/);
    expect(await rows().allInnerTexts()).toEqual([expect.stringContaining("order.paid")]);

    const [refund] = await pipeline.api.deliveries(tenant.id, "provider=stripe");
    await openList();
    await visitor.page.getByLabel("Event id").fill(refund?.providerEventId ?? "");
    await visitor.page.getByLabel("Event id").press("Enter");
    await visitor.page.waitForURL(/event=/);
    expect(await rows().allInnerTexts()).toEqual([expect.stringContaining("charge.refunded")]);
  });
});

describe("a failed delivery", () => {
  it("is opened, replayed, and becomes what it should have been while one watches", async () => {
    await fail("charge.refunded");
    await openList();
    await visitor.page.getByRole("link", { name: "Stripe charge.refunded" }).click();
    await visitor.page.getByText("The database was on holiday.").waitFor();
    await visitor.page.getByRole("button", { name: "Replay" }).click();
    await visitor.page.getByText("It is back on its queue.").waitFor();
    const way = visitor.page.getByRole("region", { name: "Its way" });
    await way.getByText("Processed").waitFor();
    await way.getByText("Refund issued").waitFor();
    await way.getByRole("link", { name: "See it in the timeline" }).click();
    expect(await visitor.page.locator(".moment:target").innerText()).toContain("Refund issued");
  });

  it("is replayed with all the others, once that is confirmed", async () => {
    await fail("charge.refunded");
    await fail("customer.subscription.created");
    await openList();
    const ask = visitor.page.getByRole("link", { name: "Replay 2 failed…" });
    await ask.click();
    const dialog = visitor.page.getByRole("dialog", { name: "Replay every failed delivery?" });
    await visitor.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await ask.evaluate((link) => link === document.activeElement)).toBe(true);

    await ask.click();
    await dialog.getByRole("button", { name: "Replay them" }).click();
    await visitor.page.getByText("2 deliveries put back on the queue.").waitFor();
    await visitor.page.waitForFunction(() => document.querySelectorAll('.deliveries .badge[data-tone="good"]').length === 2);
  });
});
