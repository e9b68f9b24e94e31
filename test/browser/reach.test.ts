import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { playFailure } from "../../apps/console/test/play.ts";
import { accessibilityProblems, openBrowser, type TestBrowser, type Visitor, type VisitorSettings } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { ADMIN_TOKEN, openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";

// That everybody reaches what the pages of deliveries, contacts, events and the guide hold: in both themes, at any width.

let pipeline: Pipeline;
let browser: TestBrowser;
let tenant: PipelineTenant;
let bare: PipelineTenant;
let contactId: string;

beforeAll(async () => {
  pipeline = await openPipeline();
  browser = await openBrowser(pipeline.consoleUrl);
  tenant = await pipeline.tenant();
  bare = await pipeline.tenant();
  for (const sample of ["user.created", "user.deleted"]) await tenant.sendSample("clerk", sample);
  const stripe = ["checkout.session.completed", "charge.refunded", "customer.subscription.updated", "customer.subscription.updated:renewed"];
  for (const sample of [...stripe, "invoice.payment_failed", "invoice.payment_failed:second-attempt", "customer.created"]) {
    await tenant.sendSample("stripe", sample);
  }
  await tenant.settled();
  const [contact] = await pipeline.api.contacts(tenant.id, "provider=stripe");
  contactId = contact?.id ?? "";
  await tenant.send("polar", { id: "msg_1", body: "{}" }, { headers: { "webhook-signature": "v1,bm8=" } });
  await eventually(() => pipeline.api.deliveries(tenant.id, "outcome=rejected"), (rejected) => rejected.length === 1);
  await playFailure(pipeline.store, tenant.id, "stripe", "charge.refunded", "the charge has no amount_refunded", { seed: "failed" });
});
afterAll(async () => {
  await browser.close();
  await pipeline.close();
});

/** The pages, and what is pressed on each before it is looked at. */
const PAGES: readonly (readonly [name: string, path: () => string, press: string | null])[] = [
  ["the deliveries", () => `/tenants/${tenant.id}/deliveries`, null],
  ["the deliveries that are looked for in vain", () => `/tenants/${tenant.id}/deliveries?event=none`, null],
  ["no deliveries", () => `/tenants/${bare.id}/deliveries`, null],
  ["a delivery that became a moment", () => `/tenants/${tenant.id}/deliveries?outcome=processed`, ".delivery-event a"],
  ["a delivery that was ignored", () => `/tenants/${tenant.id}/deliveries?outcome=ignored`, ".delivery-event a"],
  ["a delivery that failed", () => `/tenants/${tenant.id}/deliveries?outcome=failed`, ".delivery-event a"],
  ["a delivery that was rejected", () => `/tenants/${tenant.id}/deliveries?outcome=rejected`, ".delivery-event a"],
  ["the question before all that failed is replayed", () => `/tenants/${tenant.id}/deliveries`, "a[data-dialog]"],
  ["that question on a page of its own", () => `/tenants/${tenant.id}/deliveries/replay-failed`, null],
  ["the contacts", () => `/tenants/${tenant.id}/contacts`, null],
  ["no contacts", () => `/tenants/${bare.id}/contacts`, null],
  ["a contact", () => `/tenants/${tenant.id}/contacts?provider=stripe`, ".list-link"],
  ["a contact whose account is gone", () => `/tenants/${tenant.id}/contacts?provider=clerk`, ".list-link"],
  ["the question before a contact is erased", () => `/tenants/${tenant.id}/contacts/${contactId}`, "a[data-dialog]"],
  ["this question on a page of its own", () => `/tenants/${tenant.id}/contacts/${contactId}/erase`, null],
  ["the events", () => `/tenants/${tenant.id}/events`, null],
  ["an event in full", () => `/tenants/${tenant.id}/events`, ".moment-head"],
  ["no events", () => `/tenants/${bare.id}/events`, null],
  ["the guide", () => "/docs/webhooks", null],
];

/** Goes to a page, follows the first link that `press` names, or presses it where it leads nowhere else. */
async function look({ page, go }: Visitor, path: () => string, press: string | null): Promise<void> {
  expect(await go(path())).toBe(200);
  if (press === null) return;
  const pressed = page.locator(press).first();
  const [leadsTo, dialog] = [await pressed.getAttribute("href"), await pressed.getAttribute("data-dialog")];
  if (leadsTo !== null && dialog === null) expect(await go(leadsTo)).toBe(200);
  else await pressed.click();
}

describe.each(["light", "dark"] as const)("in %s colours axe finds nothing", (theme) => {
  const visitor = visiting({ theme });
  it.each(PAGES)("in %s", async (_name, path, press) => {
    await look(visitor(), path, press);
    expect(await accessibilityProblems(visitor().page)).toEqual([]);
    expect(visitor().offences).toEqual([]);
  });
});

describe("on the smallest phone nothing is wider than the screen", () => {
  const visitor = visiting({ width: 320 });
  it.each(PAGES)("in %s", async (_name, path, press) => {
    await look(visitor(), path, press);
    expect(await visitor().page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });
});

/** The operator, who stays signed in for all tests of a block. */
function visiting(settings: VisitorSettings): () => Visitor {
  let visitor: Visitor | undefined;
  beforeAll(async () => {
    visitor = await browser.visitor(settings);
    await visitor.signIn(ADMIN_TOKEN);
  });
  afterAll(() => visitor?.leave());
  return () => {
    if (visitor === undefined) throw new Error("nobody is there yet");
    return visitor;
  };
}
