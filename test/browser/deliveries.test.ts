import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { playFailure } from "../../apps/console/test/play.ts";
import { seedDelivery } from "../../apps/console/test/seed.ts";
import { countSubmits, openBrowser, submits, type TestBrowser, type Visitor } from "../support/browser.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { UNREADABLE } from "../support/story.ts";

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

  it("leaves the focus where it is as well when what stands above is listed no more", async () => {
    await fail("charge.refunded");
    await fail("customer.subscription.created");
    await visitor.go(`/tenants/${tenant.id}/deliveries?outcome=failed`);
    const [newest, older] = await pipeline.api.deliveries(tenant.id, "outcome=failed");
    await rows().locator(`a[href$="${older?.id}"]`).focus();
    await pipeline.api.ask("POST", `tenants/${tenant.id}/deliveries/${newest?.id}/replay`);
    await rows().locator(`a[href$="${newest?.id}"]`).waitFor({ state: "detached" });
    expect(await visitor.page.evaluate(() => document.activeElement?.getAttribute("href"))).toContain(older?.id);
  });

  it("says how many failed as it is now, and not as it was when one came", async () => {
    await openList();
    await visitor.page.getByRole("link", { name: "Replay failed…" }).waitFor();
    await fail("charge.refunded");
    await visitor.page.getByRole("link", { name: "Replay 1 failed…" }).waitFor();
  });

  it("leads on to what is older, however much arrives while one looks", async () => {
    const ids = [];
    for (let i = 0; i < 50; i++) ids.push(await seedDelivery(pipeline.store, tenant.id));
    await openList();
    const older = visitor.page.getByRole("link", { name: "Older" });
    expect(await older.count()).toBe(0);
    for (let i = 0; i < 10; i++) ids.push(await seedDelivery(pipeline.store, tenant.id));
    await rows().first().locator(`a[href$="${ids.at(-1)}"]`).waitFor();
    await older.click();
    await visitor.page.getByRole("link", { name: "Back to the newest" }).waitFor();
    const shown = await rows().locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")?.split("/").at(-1)));
    expect(shown).toEqual(ids.slice(0, 10).toReversed());
  });

  it("filters once one asks for it and not while one chooses, and finds an event by its id", async () => {
    for (const [provider, sample] of [["stripe", "charge.refunded"], ["polar", "order.paid"]] as const) await tenant.sendSample(provider, sample);
    await tenant.settled();
    await openList();
    expect(await rows().count()).toBe(2);
    await countSubmits(visitor.page);
    const eventId = visitor.page.getByLabel("Event id");
    await eventId.fill("evt_none");
    await eventId.press("Tab");
    await eventId.fill("");
    await visitor.page.getByLabel("Provider").selectOption("Polar");
    expect(await submits(visitor.page)).toBe(0);
    await visitor.page.getByRole("button", { name: "Filter" }).click();
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

describe("a delivery that fails while one watches", () => {
  it("shows what it carried and can be replayed, as it says", async () => {
    await pipeline.stopWorkers();
    await tenant.send("stripe", { id: "evt_unreadable", body: UNREADABLE });
    await openList();
    await rows().getByRole("link").click();
    const { page } = visitor;
    await page.getByText("It waits for its turn.").waitFor();
    await page.locator("[data-stream-state=live]").waitFor();
    expect(await page.getByRole("button", { name: "Replay" }).count()).toBe(0);
    await pipeline.startWorker();
    await page.getByText("Replay it once the cause is mended.").waitFor();
    await page.getByRole("region", { name: "Payload" }).getByText("evt_unreadable").waitFor();
    await page.locator("[data-stream-state]").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("It was put back on its queue.").waitFor();
  });
});

describe("a failed delivery", () => {
  it("is opened, replayed, and becomes what it should have been while one watches", async () => {
    await fail("charge.refunded");
    await openList();
    await visitor.page.getByRole("link", { name: "Stripe charge.refunded" }).click();
    await visitor.page.getByText("The database was on holiday.").waitFor();
    await visitor.page.getByRole("button", { name: "Replay" }).click();
    await visitor.page.getByText("It was put back on its queue.").waitFor();
    const way = visitor.page.getByRole("region", { name: "Its way" });
    await way.getByText("Processed", { exact: true }).waitFor();
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
