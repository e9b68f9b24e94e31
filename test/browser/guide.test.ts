import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;
let visitor: Visitor;

beforeAll(async () => {
  pipeline = await openPipeline({ workers: 0 });
  browser = await openBrowser(pipeline.consoleUrl);
  tenant = await pipeline.tenant();
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});
beforeEach(async () => {
  visitor = await browser.visitor();
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.offences).toEqual([]);
});

describe("the guide", () => {
  it("is read by somebody who is not signed in, chapter by chapter", async () => {
    expect(await visitor.go("/docs/webhooks")).toBe(200);
    await visitor.page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "Custom fields" }).click();
    expect(await visitor.page.locator("h2:target").innerText()).toBe("Custom fields");
    expect(await visitor.page.getByRole("article").innerText()).toContain("/api/webhooks/stripe/YOUR-TENANT");
  });

  it("has the URLs of the one who signed in, on the page and in its markdown", async () => {
    await visitor.signIn(tenant.token);
    await visitor.page.getByRole("link", { name: "Docs" }).click();
    const url = `https://hooks.example.com/api/webhooks/polar/${tenant.id}`;
    expect(await visitor.page.getByRole("article").innerText()).toContain(url);
    const raw = await visitor.context.request.get("/docs/webhooks.md");
    expect([raw.headers()["content-type"], (await raw.text()).includes(url)]).toEqual(["text/markdown; charset=utf-8", true]);
  });
});
