import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openBrowser, setHidden, type TestBrowser, type Visitor } from "../support/browser.ts";
import { ADMIN_TOKEN, openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";

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

const text = () => visitor.page.getByRole("main").innerText();

describe("signing in", () => {
  it("leads the operator to the tenants, and out again", async () => {
    await visitor.go("/");
    await visitor.signIn(ADMIN_TOKEN);
    expect(new URL(visitor.page.url()).pathname).toBe("/tenants");
    await visitor.page.getByRole("button", { name: "Sign out" }).click();
    await visitor.go("/tenants");
    expect(new URL(visitor.page.url()).pathname).toBe("/sign-in");
  });

  it("leads a tenant to its own settings", async () => {
    await visitor.go("/");
    await visitor.signIn(tenant.token);
    expect(new URL(visitor.page.url()).pathname).toBe(`/tenants/${tenant.id}/settings/integrations`);
  });

  it("leads on to where one was going", async () => {
    await visitor.go(`/tenants/${tenant.id}/deliveries?outcome=failed`);
    await visitor.signIn(tenant.token);
    expect(visitor.page.url()).toBe(`${pipeline.consoleUrl}/tenants/${tenant.id}/deliveries?outcome=failed`);
  });

  it("never leads to a stranger's page", async () => {
    await visitor.go("/sign-in?back=https%3A%2F%2Fevil.example%2F");
    await visitor.signIn(ADMIN_TOKEN);
    expect(visitor.page.url()).toBe(`${pipeline.consoleUrl}/tenants`);
  });

  it("says that nobody has a wrong token", async () => {
    await visitor.go("/sign-in");
    await visitor.page.getByLabel("Token").fill("mara_wrong");
    await visitor.page.getByRole("button", { name: "Sign in" }).click();
    expect(await visitor.page.getByRole("alert").innerText()).toContain("Nobody has this token");
    expect(await visitor.page.getByLabel("Token").inputValue()).toBe("");
  });

  it("takes the token where one types, and ties what was wrong with it to its field", async () => {
    const { page, go } = visitor;
    await go("/sign-in");
    await page.waitForFunction(() => document.activeElement?.id === "token");
    await page.keyboard.type("mara_wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "token");
    const described = await page.getByLabel("Token").evaluate((field) =>
      (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" "),
    );
    expect(described).toMatch(/^Nobody has this token\..*A tenant's own token/);
  });

  it("works without script", async () => {
    const plain = await browser.visitor({ script: false });
    await plain.go("/");
    await plain.signIn(tenant.token);
    expect(await plain.page.getByRole("heading", { level: 1 }).innerText()).toBe("Integrations");
    await plain.leave();
  });

  it("ends everywhere when the token is replaced, and says so on the next page", async () => {
    const other = await pipeline.tenant();
    await visitor.go("/");
    await visitor.signIn(other.token);
    await pipeline.api.ask("POST", `tenants/${other.id}/token`);
    await visitor.go(`/tenants/${other.id}/contacts`);
    expect(new URL(visitor.page.url()).pathname).toBe("/sign-in");
    expect(await text()).toContain("You were signed out: the token that you signed in with was replaced.");
  });
});

describe("what is not one's own", () => {
  it("looks to a tenant as if it were not there", async () => {
    const other = await pipeline.tenant();
    await visitor.go("/");
    await visitor.signIn(tenant.token);
    const foreign = await visitor.go(`/tenants/${other.id}/settings/integrations`);
    const told = await text();
    const unknown = await visitor.go("/tenants/nobody-has-this/settings/integrations");
    expect([foreign, unknown]).toEqual([404, 404]);
    expect(told).toBe(await text());
    expect(told).toContain("There is nothing here");
  });

  it.each(["/queues", "/tenants/nobody/live/integrations"])("is refused to a tenant: %s", async (path) => {
    await visitor.go("/");
    await visitor.signIn(tenant.token);
    expect(await visitor.go(path)).toBe(404);
  });
});

describe("a form that is not of this session", () => {
  const settings = () => `/tenants/${tenant.id}/settings/integrations?open=clerk`;
  const remove = () => visitor.page.getByRole("button", { name: "Remove Polar" }).click();
  const save = () => visitor.page.getByRole("button", { name: "Save the signup event of Clerk" }).click();

  it("is refused when it is stale, with a way back to a fresh one", async () => {
    await visitor.go(settings());
    await visitor.signIn(tenant.token);
    await visitor.go(`/tenants/${tenant.id}/integrations/polar/remove`);
    const elsewhere = await visitor.context.newPage();
    await elsewhere.goto("/tenants");
    await elsewhere.getByRole("button", { name: "Sign out" }).click();
    await elsewhere.getByLabel("Token").fill(tenant.token);
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.waitForURL("**/settings/integrations");
    await remove();
    expect(await text()).toContain("That form was out of date");
    await visitor.page.getByRole("link", { name: "Open the page again" }).click();
    await remove();
    expect(await visitor.page.getByText("Removed.").isVisible()).toBe(true);
  });

  it("is no longer there to be sent where one signed out in another tab: what it showed is gone as well", async () => {
    await visitor.go(settings());
    await visitor.signIn(tenant.token);
    await visitor.go(settings());
    await visitor.page.getByRole("heading", { name: "Integrations" }).waitFor();
    const elsewhere = await visitor.context.newPage();
    await elsewhere.goto(settings());
    await elsewhere.getByRole("button", { name: "Sign out" }).click();
    await elsewhere.waitForURL("**/sign-in*");
    await visitor.page.bringToFront();
    await visitor.page.waitForURL("**/sign-in*");
  });

  it("is gone as well where it had just been refused, and is not sent again by that", async () => {
    const { page } = visitor;
    await visitor.signIn(tenant.token);
    await visitor.go(settings());
    await page.locator("#secret-clerk").fill("pk_live_51abcdefghijklmnop");
    await page.locator("#clerk").getByRole("button", { name: "Replace secret" }).click();
    await page.getByText("publishable key").waitFor();
    await page.locator("[data-stream-state=live]").waitFor();
    let sent = 0;
    page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
    const elsewhere = await visitor.context.newPage();
    await elsewhere.goto(settings());
    await elsewhere.getByRole("button", { name: "Sign out" }).click();
    await elsewhere.waitForURL("**/sign-in*");
    await page.bringToFront();
    await page.waitForURL("**/sign-in*");
    expect(sent).toBe(0);
  });

  it.each([
    ["signed out in another tab", async () => {
      const elsewhere = await visitor.context.newPage();
      await elsewhere.goto("/tenants");
      await elsewhere.getByRole("button", { name: "Sign out" }).click();
      await elsewhere.waitForURL("**/sign-in*");
    }],
    ["had the token replaced", async (id: string) => void (await pipeline.api.ask("POST", `tenants/${id}/token`))],
  ])("is gone as well, with what it showed, from a tab that was hidden while one %s", async (_how, end) => {
    const other = await pipeline.tenant();
    await visitor.signIn(other.token);
    await visitor.go(`/tenants/${other.id}/deliveries`);
    await visitor.page.locator("[data-stream-state=live]").waitFor();
    await setHidden(visitor.page, true);
    await end(other.id);
    await setHidden(visitor.page, false);
    await visitor.page.waitForURL("**/sign-in*");
  });

  it("stays where only its stream is refused, and is kept fresh again later", async () => {
    const { page } = visitor;
    await visitor.signIn(tenant.token);
    await visitor.go(`/tenants/${tenant.id}/deliveries`);
    await page.locator("[data-stream-state=live]").waitFor();
    await page.evaluate(() => (document.documentElement.dataset.same = ""));
    await setHidden(page, true);
    await page.route("**/live/**", (route) => route.fulfill({ status: 503, json: { error: "unavailable" } }));
    const looked = page.waitForResponse((response) => response.url() === page.url());
    await setHidden(page, false);
    await looked;
    await page.getByText("Reconnecting").waitFor();
    await page.unroute("**/live/**");
    await setHidden(page, true);
    await setHidden(page, false);
    await page.locator("html[data-same] [data-stream-state=live]").waitFor();
  });

  it("stays, with what is typed into it, where it was refused and only its stream is as well", async () => {
    const { page } = visitor;
    await visitor.signIn(tenant.token);
    await visitor.go(settings());
    await page.route("**/live/**", (route) => route.fulfill({ status: 503, json: { error: "unavailable" } }));
    await page.locator("#secret-clerk").fill("pk_live_51abcdefghijklmnop");
    const looked = page.waitForResponse((response) => response.request().resourceType() === "fetch");
    await page.locator("#clerk").getByRole("button", { name: "Replace secret" }).click();
    await page.getByText("publishable key").waitFor();
    await page.evaluate(() => (document.documentElement.dataset.same = ""));
    expect((await looked).status()).toBe(200);
    await page.locator("html[data-same]").waitFor();
  });

  it("leads to signing in and back when the session ended meanwhile", async () => {
    await visitor.go(settings());
    await visitor.signIn(tenant.token);
    await visitor.go(settings());
    // A page in sight would notice, and be gone before its form is sent.
    await setHidden(visitor.page, true);
    await visitor.context.clearCookies();
    await save();
    expect(await text()).toContain("Your session has ended");
    await visitor.page.getByRole("link", { name: "Sign in again" }).click();
    await visitor.signIn(tenant.token);
    expect(visitor.page.url()).toContain(settings());
  });

  it("is refused when a stranger's page sends it", async () => {
    await visitor.go("/");
    await visitor.signIn(tenant.token);
    const forged = await visitor.context.request.post(`/tenants/${tenant.id}/integrations/clerk/remove`, {
      headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site", accept: "text/html" },
      form: { csrf: "guessed" },
    });
    expect(forged.status()).toBe(403);
    expect((await pipeline.api.integrations(tenant.id)).clerk.configured).toBe(true);
  });
});

describe("colours", () => {
  const scheme = () => visitor.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);

  it("follow the system until one chooses, and then stay as chosen", async () => {
    await visitor.go("/sign-in");
    expect(await scheme()).toBe("light dark");
    await visitor.page.getByRole("button", { name: /Switch to dark/ }).click();
    expect(await scheme()).toBe("dark");
    await visitor.go("/docs/webhooks");
    expect(await scheme()).toBe("dark");
  });
});
