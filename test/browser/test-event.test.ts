import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { openBrowser, type TestBrowser, type Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;
let visitor: Visitor;

beforeAll(async () => {
  pipeline = await openPipeline();
  browser = await openBrowser(pipeline.consoleUrl);
  tenant = await pipeline.tenant();
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});
beforeEach(async () => {
  visitor = await browser.visitor();
  await visitor.go("/");
  await visitor.signIn(tenant.token);
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.offences).toEqual([]);
});

const MOMENT_DONE = /^Moment\s*, done$/;
const way = () => visitor.page.locator("[data-live=way]");

describe("a test event", () => {
  it.each(PROVIDERS)("of %s is sent from the settings and watched until its moment appears", async (provider) => {
    const { label } = connectors[provider];
    await visitor.go(`/tenants/${tenant.id}/settings/integrations?open=${provider}`);
    await visitor.page.getByRole("link", { name: `Send a test event of ${label}` }).click();
    await visitor.page.getByRole("button", { name: "Send it" }).click();
    await way().getByText("Ingest answered 200").waitFor();
    await way().getByRole("heading", { name: MOMENT_DONE }).waitFor();
    const [event] = await pipeline.api.events(tenant.id, `provider=${provider}`);
    expect(await way().innerText()).toContain(event?.type);
  });

  it("that becomes nothing says why", async () => {
    await visitor.go(`/tenants/${tenant.id}/integrations/stripe/test`);
    await visitor.page.getByLabel("Event").selectOption("payment_intent.succeeded");
    await visitor.page.getByRole("button", { name: "Send it" }).click();
    await way().getByText("Ignored", { exact: true }).waitFor();
    await way().getByRole("heading", { name: /^Moment\s*, nothing$/ }).waitFor();
  });

  it("waits where the worker is away, and goes on when it comes back", async () => {
    await pipeline.stopWorkers();
    await visitor.go(`/tenants/${tenant.id}/integrations/clerk/test`);
    await visitor.page.getByRole("button", { name: "Send it" }).click();
    await way().getByText("Waits on the queue").waitFor();
    await pipeline.startWorker();
    await way().getByRole("heading", { name: MOMENT_DONE }).waitFor();
  });

  it("can be followed without script, by looking again", async () => {
    const plain = await browser.visitor({ script: false });
    await plain.go("/");
    await plain.signIn(tenant.token);
    await plain.go(`/tenants/${tenant.id}/integrations/stripe/test`);
    await plain.page.getByRole("button", { name: "Send it" }).click();
    const arrived = await eventually(
      async () => {
        await plain.page.getByRole("link", { name: "Look again" }).click();
        return plain.page.locator("[data-live=way]").innerText();
      },
      (text) => text.includes("payment-failed"),
    );
    expect(arrived).toContain("Ingest answered 200");
    await plain.leave();
  });

  it("is not offered where there is no secret to sign with", async () => {
    const { id, token } = await pipeline.api.createTenant("without-secrets");
    const other = await browser.visitor();
    await other.go("/");
    await other.signIn(token);
    await other.go(`/tenants/${id}/integrations/stripe/test`);
    expect(await other.page.getByText("Paste the signing secret of Stripe first").isVisible()).toBe(true);
    await other.leave();
  });
});
