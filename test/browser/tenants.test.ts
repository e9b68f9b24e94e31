import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createTenant } from "@mara/store";
import { accessibilityProblems, openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
import { ADMIN_TOKEN, openPipeline, type Pipeline } from "../support/pipeline.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let operator: Visitor;

beforeAll(async () => {
  pipeline = await openPipeline({ workers: 0 });
  browser = await openBrowser(pipeline.consoleUrl);
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});
beforeEach(async () => {
  operator = await browser.visitor();
  await operator.go("/");
  await operator.signIn(ADMIN_TOKEN);
});
afterEach(async () => {
  await operator.leave();
  expect(operator.offences).toEqual([]);
});

const token = () => operator.page.getByLabel("Token", { exact: true }).inputValue();

describe("an operator", () => {
  it("makes a tenant and hands its token on, with which it signs in", async () => {
    await operator.page.getByLabel("Name").fill("Ünïcode & Söhne");
    await operator.page.getByLabel("Id (optional)").fill("unicode");
    await operator.page.getByRole("button", { name: "Create tenant" }).click();
    await operator.page.getByText("Copy the token now: it is not shown again.").waitFor();
    expect(await accessibilityProblems(operator.page)).toEqual([]);
    const handedOn = await token();

    await operator.page.reload();
    await operator.page.getByRole("heading", { name: "was shown once" }).waitFor();
    expect(await accessibilityProblems(operator.page)).toEqual([]);
    await operator.go("/tenants");
    expect(await operator.page.getByRole("link", { name: "Ünïcode & Söhne" }).count()).toBe(1);

    const tenant = await browser.visitor();
    await tenant.go("/");
    await tenant.signIn(handedOn);
    expect(new URL(tenant.page.url()).pathname).toBe("/tenants/unicode/settings/integrations");
    expect(await tenant.page.getByRole("banner").innerText()).toContain("Ünïcode & Söhne");
    await tenant.leave();
  });

  it("is told what is wrong with a tenant's id, beside its field", async () => {
    await operator.page.getByLabel("Name").fill("Twice");
    await operator.page.getByLabel("Id (optional)").fill("Not An Id");
    await operator.page.getByRole("button", { name: "Create tenant" }).click();
    await operator.page.getByText("The id must have 1 to 63 of a-z").waitFor();
    expect(await operator.page.getByLabel("Name").inputValue()).toBe("Twice");
    expect(await accessibilityProblems(operator.page)).toEqual([]);
  });

  it("is shown what was wrong without looking for it, however many tenants stand above", async () => {
    for (let n = 0; n < 40; n++) await pipeline.api.createTenant(`many-${n}`);
    const { page } = operator;
    await operator.go("/tenants");
    await page.getByLabel("Name").fill("Twice");
    await page.getByLabel("Id (optional)").fill("many-1");
    await page.getByRole("button", { name: "Create tenant" }).click();
    const problem = page.getByText("Another tenant has this id");
    await problem.waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "id");
    expect(await problem.evaluate((words) => words.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
  });

  it.each([
    ["with script", true],
    ["without script", false],
  ])("finds a tenant among many by the keyboard alone, %s", async (_how, script) => {
    const name = `Größe & Co ${script}`;
    await createTenant(pipeline.store, { name, id: `zz-${script}` });
    for (let n = 0; n < 60; n++) await createTenant(pipeline.store, { name: "One of many", id: `crowd-${script}-${n}` });
    const visitor = await browser.visitor({ script });
    await visitor.signIn(ADMIN_TOKEN);
    const { page } = visitor;
    expect(await page.getByRole("link", { name }).count()).toBe(0);
    await page.getByRole("searchbox", { name: "Find a tenant" }).fill(`größe & CO ${script}`);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name }).press("Enter");
    await page.waitForURL(new RegExp(`/tenants/zz-${script}/`));
    await visitor.go("/tenants?q=nobody-has-this");
    await page.getByText("No tenant found").waitFor();
    if (script) expect(await accessibilityProblems(page)).toEqual([]);
    await visitor.leave();
    expect(visitor.offences).toEqual([]);
  });

  it("replaces a tenant's token after being asked", async () => {
    const { id, token: old } = await pipeline.api.createTenant("replaced");
    await operator.go(`/tenants/${id}/settings/integrations`);
    await operator.page.getByRole("link", { name: "replaced" }).click();
    await operator.page.getByRole("button", { name: "Replace the token" }).click();
    await operator.page.getByText("The one before it no longer works.").waitFor();
    expect(await token()).toMatch(/^mara_/);
    expect(await token()).not.toBe(old);
  });

  it.each(["light", "dark"] as const)("signs in on a page that is for everybody, in %s colours", async (theme) => {
    const visitor = await browser.visitor({ theme, width: 320 });
    await visitor.go("/sign-in");
    await visitor.page.getByLabel("Token").fill("wrong");
    await visitor.page.getByRole("button", { name: "Sign in" }).click();
    await visitor.page.getByRole("alert").waitFor();
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    await visitor.leave();
  });
});

describe("a tenant", () => {
  it("replaces its own token once where the button is pressed twice, and is not locked out by that", async () => {
    const { id, token: old } = await pipeline.api.createTenant("pressed-twice");
    const tenant = await browser.visitor();
    await tenant.go("/");
    await tenant.signIn(old);
    await tenant.go(`/tenants/${id}/token`);
    let sent = 0;
    tenant.page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
    const place = await tenant.page.getByRole("button", { name: "Replace the token" }).boundingBox();
    // By the mouse itself: whatever looks for the button waits until the page that it leads to is there.
    const press = () => tenant.page.mouse.click((place?.x ?? 0) + 5, (place?.y ?? 0) + 5);
    const onItsWay = tenant.page.waitForRequest((request) => request.method() === "POST");
    await whileHeld(id, async () => {
      await press();
      await onItsWay;
      await press();
    });
    await tenant.page.getByText("Copy the token now").waitFor();
    expect(sent).toBe(1);
    expect(tenant.offences).toEqual([]);
    await tenant.leave();
  });


  it("replaces its own token, and stays signed in", async () => {
    const { id, token: old } = await pipeline.api.createTenant("by-itself");
    const tenant = await browser.visitor();
    await tenant.go("/");
    await tenant.signIn(old);
    await tenant.go(`/tenants/${id}/token`);
    await tenant.page.getByRole("button", { name: "Replace the token" }).click();
    await tenant.page.getByRole("link", { name: "Set up its integrations" }).click();
    expect(await tenant.page.getByRole("heading", { level: 1 }).innerText()).toBe("Integrations");
    expect(tenant.offences).toEqual([]);
    await tenant.leave();
  });
});

/** Whatever changes this tenant meanwhile waits until this is done. */
async function whileHeld(id: string, act: () => Promise<void>): Promise<void> {
  const client = await pipeline.store.pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT FROM tenants WHERE id = $1 FOR UPDATE", [id]);
    await act();
  } finally {
    await client.query("COMMIT");
    client.release();
  }
}
