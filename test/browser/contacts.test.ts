import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { countSubmits, openBrowser, submits, type TestBrowser, type Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;

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
});

const ADA = sampleOf("clerk", "user.created", { at: Date.now(), seed: "ada", person: { email: "ada@example.com", name: "Ada Lovelace" } });

async function findAda({ page, go }: Visitor): Promise<void> {
  await tenant.send("clerk", ADA);
  await tenant.settled();
  await go(`/tenants/${tenant.id}/contacts`);
  await page.getByLabel("E-mail or id").fill("ADA@example.com");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: /Ada Lovelace/ }).click();
  await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
}

describe.each([
  ["with script, in a dialog", true],
  ["without script, on a page", false],
])("a contact is found and erased %s", (_how, script) => {
  let visitor: Visitor;
  beforeEach(async () => {
    visitor = await browser.visitor({ script });
    await visitor.signIn(tenant.token);
  });
  afterEach(async () => {
    await visitor.leave();
    expect(visitor.offences).toEqual([]);
  });

  it("and no redelivery brings it back", async () => {
    await findAda(visitor);
    const { page, go } = visitor;
    const here = page.url();
    await page.getByRole("link", { name: "Erase…" }).click();
    expect(page.url() === here).toBe(script);
    await page.getByText("This is gone for good").last().waitFor();
    await page.getByRole("button", { name: "Erase for good" }).click();
    await page.getByText("The contact is erased").waitFor();
    await page.getByText("No contact yet").waitFor();

    expect(await tenant.send("clerk", ADA)).toMatchObject({ status: 200 });
    await tenant.settled();
    await eventually(() => pipeline.api.deliveries(tenant.id), (deliveries) => deliveries.length === 2);
    await go(`/tenants/${tenant.id}/contacts`);
    expect(await page.getByRole("main").innerText()).toContain("No contact yet");
  });

  it("or kept after all", async () => {
    await findAda(visitor);
    const { page } = visitor;
    const here = page.url();
    await page.getByRole("link", { name: "Erase…" }).click();
    await page.getByRole("link", { name: "Keep" }).click();
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
    expect(page.url()).toBe(here);
  });
});

describe("the dialog that asks before a contact is erased", () => {
  it("keeps it where Enter is pressed once too often", async () => {
    const visitor = await browser.visitor();
    await visitor.signIn(tenant.token);
    await findAda(visitor);
    const { page } = visitor;
    await page.getByRole("link", { name: "Erase…" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Keep");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
    await visitor.leave();
    expect(visitor.offences).toEqual([]);
  });
});

describe("the list of contacts", () => {
  it("filters once one asks for it, and not while one chooses", async () => {
    const visitor = await browser.visitor();
    await visitor.signIn(tenant.token);
    await tenant.send("clerk", ADA);
    await tenant.settled();
    const { page, go } = visitor;
    await go(`/tenants/${tenant.id}/contacts`);
    await countSubmits(page);
    await page.getByLabel("Known to").selectOption("Stripe");
    expect(await submits(page)).toBe(0);
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("Nobody is known to this provider yet.").waitFor();
    await visitor.leave();
    expect(visitor.offences).toEqual([]);
  });
});
