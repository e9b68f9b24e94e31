import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { addCrowd, BIG, idOf } from "../test/crowd.ts";
import { namesIn } from "../test/names-in.ts";
import { costOf, queriesOf } from "../test/plans.ts";
import { openScene } from "../test/scene.ts";
import {
  contactNames,
  cursorToEvent,
  deliveryCursor,
  eraseContact,
  findContact,
  findDelivery,
  findEvent,
  listContacts,
  listDeliveries,
  listEvents,
  listIntegrations,
  listTenants,
  loadContactIdentities,
  loadSecrets,
  readHealth,
  saveJoblessDeliveries,
  sweepOld,
  tenantOfToken,
  type Store,
} from "./index.ts";

/** Those with a few rows a tenant may be read whole. */
const SMALL = new Set(["tenants", "streams", "integrations", "signing_secrets", "connector_health", "backfills"]);
/** A page of 200 rows, each from a place of its own, found by way of an index with three levels. */
const MOST_PAGES = 2_500;

let scene: Awaited<ReturnType<typeof openScene>>;
let store: Store;
beforeAll(async () => {
  scene = await openScene();
  store = scene.store;
  await addCrowd(store);
});
afterAll(() => scene.close());

const middle = deliveryCursor(idOf(40_000));

describe("reading the tenant that has most of everything", () => {
  const cases: [string, () => Promise<unknown>][] = [
    ["the tenants", () => listTenants(store, { limit: 200 })],
    ["a token", () => tenantOfToken(store, `mara_${"a".repeat(43)}`)],
    ["the integrations", () => listIntegrations(store, BIG, ["stripe", "polar", "clerk"])],
    ["the health strip", () => readHealth(store, BIG, ["stripe", "polar", "clerk"])],
    ["the secrets of some tenants", () => loadSecrets(store, [BIG, "t2", "t3"])],
    ["all contacts", () => listContacts(store, BIG, { limit: 200 })],
    ["the contacts of an e-mail", () => listContacts(store, BIG, { email: "p7@x.test" })],
    ["the contacts of an id", () => listContacts(store, BIG, { externalId: "cus_7" })],
    ["the contacts of an id that nobody has", () => listContacts(store, BIG, { provider: "stripe", externalId: "cus_0" })],
    ["the contacts that most are", () => listContacts(store, BIG, { provider: "stripe", limit: 200 })],
    ["the contacts that hardly any are", () => listContacts(store, BIG, { provider: "polar", limit: 200 })],
    ["the contacts that none are", () => listContacts(store, BIG, { provider: "nobody", limit: 200 })],
    ["a contact", () => findContact(store, BIG, idOf(7))],
    ["a contact that was merged away", () => findContact(store, BIG, idOf(1_000_007))],
    ["a contact's identities", () => loadContactIdentities(store, BIG, idOf(7))],
    ["the names of a page's contacts", () => contactNames(store, BIG, Array.from({ length: 200 }, (_, i) => idOf(i * 10 + 1)))],
    ["all events", () => listEvents(store, BIG, { limit: 200 })],
    ["the newest events", () => listEvents(store, BIG, { limit: 200, newestFirst: true })],
    ["the events of a common type", () => listEvents(store, BIG, { type: "purchase", limit: 200 })],
    ["the newest of a type that there are few of", () => listEvents(store, BIG, { type: "refund-issued", newestFirst: true })],
    ["the events of a type that there are none of", () => listEvents(store, BIG, { type: "user.created" })],
    ["the newest events of a provider that has few", () => listEvents(store, BIG, { provider: "polar", newestFirst: true })],
    ["the events of a type and provider", () => listEvents(store, BIG, { type: "purchase", provider: "stripe", limit: 200 })],
    ["a contact's events", () => listEvents(store, BIG, { contactId: idOf(7) })],
    ["one of a contact's events", () => cursorToEvent(store, BIG, idOf(7), idOf(6))],
    ["an event", () => findEvent(store, BIG, "stripe", "evt_77")],
    ["all deliveries", () => listDeliveries(store, BIG, { limit: 200 })],
    ["deliveries from the middle", () => listDeliveries(store, BIG, { limit: 200, cursor: middle })],
    ["the deliveries of a common outcome", () => listDeliveries(store, BIG, { outcome: "processed", limit: 200 })],
    ["the deliveries of an outcome that there are few of", () => listDeliveries(store, BIG, { outcome: "failed", limit: 200 })],
    ["the deliveries of an outcome that there are none of", () => listDeliveries(store, BIG, { outcome: "rejected" })],
    ["the deliveries of a provider", () => listDeliveries(store, BIG, { provider: "polar", limit: 200 })],
    ["a contact's deliveries", () => listDeliveries(store, BIG, { contactId: idOf(7) })],
    ["the deliveries of an event", () => listDeliveries(store, BIG, { providerEventId: "evt_77" })],
    ["a delivery", () => findDelivery(store, BIG, idOf(77))],
  ];

  it.each(cases)("finds %s by an index", async (_name, read) => {
    const queries = await queriesOf(read);
    expect(queries).not.toEqual([]);
    for (const query of queries) {
      const { readWhole, pages } = await costOf(store, query, { run: true });
      expect({ query, readWhole: readWhole.filter((table) => !SMALL.has(table)) }).toEqual({ query, readWhole: [] });
      expect(pages).toBeLessThan(MOST_PAGES);
    }
  });
});

describe("writing", () => {
  const jobless = {
    tenantId: BIG, provider: "stripe", providerEventId: null, providerEventType: null, outcome: "rejected", reason: "stale",
    receivedAt: Date.now(), secretId: null, requestId: null, count: 1,
  } as const;
  const cases: [string, () => Promise<unknown>][] = [
    ["erases a contact", () => eraseContact(store, BIG, idOf(7), namesIn)],
    ["keeps jobless deliveries", () => saveJoblessDeliveries(store, [{ ...jobless, deliveryId: "0199b1f0-0000-7000-8000-000000000001" }])],
    ["sweeps what is old", () => sweepOld(store, { payloadDays: 36_500, deliveryDays: 36_500, maxJoblessDeliveries: 100 }, { batch: 100 })],
  ];

  it.each(cases)("%s by indexes", async (_name, write) => {
    const queries = (await queriesOf(write)).filter(({ text }) => /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(text));
    expect(queries).not.toEqual([]);
    for (const query of queries) {
      const { readWhole } = await costOf(store, query, { run: false });
      expect({ query, readWhole: readWhole.filter((table) => !SMALL.has(table)) }).toEqual({ query, readWhole: [] });
    }
  });
});
