import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { createTenant, saveCounts, saveIntegration, withStreams, type CountRow } from "@mara/store";
import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openBrowser, type TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { startFakeClerk, type FakeClerk } from "../support/fake-clerk.ts";
import { ADMIN_TOKEN, openPipeline, type Pipeline } from "../support/pipeline.ts";
import { makeSecrets, sampleOf, sendSigned } from "../support/provider-client.ts";

// The pictures of docs/screenshots. Taken where one is missing, and all of them anew with SCREENSHOTS=1, so that a test run
// leaves the checkout as it found it.

const DIR = join(import.meta.dirname, "../../docs/screenshots");
const HOUR = 3_600_000;
const TENANT = "acme";

const PEOPLE = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Edsger Dijkstra", "Barbara Liskov"];

let clerk: FakeClerk;
let pipeline: Pipeline;
let browser: TestBrowser;
const isWanted = (name: string) => process.env.SCREENSHOTS === "1" || !existsSync(join(DIR, `${name}.png`));

beforeAll(async () => {
  clerk = await startFakeClerk({ users: 8_213, secretKey: `sk_test_${"acme".repeat(8)}` });
  pipeline = await openPipeline({ clerkApiUrl: clerk.url });
  browser = await openBrowser(pipeline.consoleUrl);
  await mkdir(DIR, { recursive: true });
  await livelyTenant();
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
  await clerk.close();
});

/** A tenant as it looks after a day: people, moments, and an endpoint that somebody gave a wrong secret. */
async function livelyTenant(): Promise<void> {
  const { store, api, ingestUrls } = pipeline;
  await createTenant(store, { name: "Acme Analytics", id: TENANT });
  const secrets = makeSecrets();
  for (const provider of PROVIDERS) await saveIntegration(store, TENANT, provider, { signingSecret: secrets[provider] });
  const send = (provider: "stripe" | "polar" | "clerk", type: string, seed: string, person: object) =>
    sendSigned(ingestUrls[0], TENANT, provider, sampleOf(provider, type, { at: Date.now(), seed, person }), secrets[provider]);
  for (const [index, name] of PEOPLE.entries()) {
    const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`;
    const seed = `acme${index}`;
    await send("clerk", "user.created", seed, { name, email, externalId: `user_${seed}` });
    await send("stripe", "customer.subscription.created", seed, { name, email, externalId: `cus_${seed}`, appId: `user_${seed}` });
    await send("stripe", "checkout.session.completed", seed, { name, email, externalId: `cus_${seed}`, appId: `user_${seed}` });
    if (index % 2 === 0) await send("stripe", "invoice.payment_failed", seed, { name, email, externalId: `cus_${seed}` });
    if (index % 3 === 0) await send("stripe", "invoice.payment_succeeded", seed, { name, email, externalId: `cus_${seed}` });
    await send("polar", "order.paid", seed, { name, email, externalId: `polar_${seed}` });
  }
  await eventually(() => api.pending(TENANT), (pending) => pending === 0);
  const strangers = connectors.polar.makeSecret(Buffer.alloc(24, 99));
  for (let i = 0; i < 6; i++) await sendSigned(ingestUrls[0], TENANT, "polar", sampleOf("polar", "order.paid", { at: Date.now(), seed: `w${i}` }), strangers);
  await eventually(() => api.deliveries(TENANT, "outcome=rejected"), ({ length }) => length > 0);
  await yesterday();
}

/** The hours before this one, as the worker would have counted them. */
async function yesterday(): Promise<void> {
  const now = Date.now();
  const counts: CountRow[] = Array.from({ length: 23 }, (_, i) => i + 1).flatMap((ago) => {
    const hour = now - (now % HOUR) - ago * HOUR;
    const busy = 1.3 + Math.sin((ago / 24) * 2 * Math.PI);
    return [
      { tenantId: TENANT, provider: "stripe", outcome: "processed", hour, count: Math.round(30 * busy) },
      { tenantId: TENANT, provider: "stripe", outcome: "ignored", hour, count: Math.round(18 * busy) },
      { tenantId: TENANT, provider: "polar", outcome: "processed", hour, count: Math.round(9 * busy) },
      { tenantId: TENANT, provider: "clerk", outcome: "processed", hour, count: Math.round(14 * busy) },
      { tenantId: TENANT, provider: "clerk", outcome: "ignored", hour, count: Math.round(3 * busy) },
    ] satisfies CountRow[];
  });
  await withStreams(pipeline.store.pool, [TENANT], (client) => saveCounts(client, counts));
}

interface Shot {
  readonly path: string;
  readonly theme?: "light" | "dark";
  readonly width?: number;
  /** What stands on the page once it is ready to be taken. */
  readonly ready: string;
  /** What is pressed first. */
  readonly press?: string;
}

const SHOTS: Readonly<Record<string, Shot>> = {
  integrations: { path: `/tenants/${TENANT}/settings/integrations`, ready: ".live-state[data-stream-state=live]" },
  "integrations-dark": { path: `/tenants/${TENANT}/settings/integrations`, ready: ".live-state[data-stream-state=live]", theme: "dark" },
  "set-up": { path: `/tenants/${TENANT}/settings/integrations?open=stripe#stripe`, ready: ".live-state[data-stream-state=live]" },
  "test-event": { path: `/tenants/${TENANT}/integrations/stripe/test`, press: "form.card button[data-kind=primary]", ready: "[data-say^='Arrived']" },
  deliveries: { path: `/tenants/${TENANT}/deliveries`, ready: "tbody tr" },
  contact: { path: `/tenants/${TENANT}/contacts`, press: "main .list-link:has-text('Alan Turing')", ready: "h1:has-text('Alan Turing')" },
  events: { path: `/tenants/${TENANT}/events`, ready: "main li" },
  "events-phone": { path: `/tenants/${TENANT}/events`, ready: "main li", width: 390, theme: "dark" },
  guide: { path: "/docs/webhooks", ready: "h1" },
  queues: { path: "/queues", ready: "text=/\\d+ Jobs?/" },
};

describe("the pictures of the documentation", () => {
  it.each(Object.entries(SHOTS))("show %s", async (name, { path, theme = "light", width = 1280, ready, press }) => {
    const file = join(DIR, `${name}.png`);
    if (isWanted(name)) {
      const visitor = await browser.visitor({ theme, width });
      await visitor.go("/");
      await visitor.signIn(ADMIN_TOKEN);
      await visitor.go(path);
      if (press !== undefined) await visitor.page.locator(press).first().click();
      await visitor.page.locator(ready).first().waitFor();
      await visitor.page.screenshot({ path: file });
      await visitor.leave();
    }
    expect((await stat(file)).size).toBeGreaterThan(5_000);
  });

  it("show an import under way", async () => {
    const file = join(DIR, "import.png");
    if (isWanted("import")) {
      let pages = 0;
      let goOn: () => void = () => undefined;
      clerk.beforePage = () => (++pages > 6 ? new Promise((resolve) => (goOn = resolve)) : undefined);
      await pipeline.api.saveIntegration(TENANT, "clerk", { apiKey: clerk.secretKey, signupEvent: "user.created" });
      const visitor = await browser.visitor({ theme: "dark" });
      await visitor.go("/");
      await visitor.signIn(ADMIN_TOKEN);
      await visitor.go(`/tenants/${TENANT}/settings/integrations?open=clerk`);
      await visitor.page.getByText("3,000 of 8,213").waitFor();
      await visitor.page.locator("#import-title").scrollIntoViewIfNeeded();
      await visitor.page.locator("#clerk").screenshot({ path: file });
      await pipeline.api.ask("DELETE", `tenants/${TENANT}/integrations/clerk/backfill`);
      clerk.beforePage = () => undefined;
      goOn();
      await visitor.leave();
    }
    expect((await stat(file)).size).toBeGreaterThan(5_000);
  });
});
