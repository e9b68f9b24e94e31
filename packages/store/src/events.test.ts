import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readWhileMerged } from "../test/meanwhile.ts";
import { addContact, addEvents, addTenant, NOW, openScene } from "../test/scene.ts";
import { cursorToEvent, findEvent, listEvents, type EventFilter } from "./events.ts";
import { InvalidInput } from "./invalid-input.ts";
import { saveMerges } from "./record/save-contacts.ts";
import { withStreams } from "./record/stream.ts";

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
});

async function readAll(request: EventFilter & { newestFirst?: boolean; limit?: number } = {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listEvents(scene.store, tenantId, { limit: 2, ...request, cursor });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

describe("the list of events", () => {
  it("shows an event in the contract's words", async () => {
    const contactId = await addContact(scene.store, tenantId);
    const [id] = await addEvents(scene.store, tenantId, [
      { contactId, type: "refund-issued", providerEventId: "evt_1", providerEventType: "charge.refunded", signup: true, data: { amount: 5 } },
    ]);
    expect((await listEvents(scene.store, tenantId)).items).toEqual([
      {
        id, contactId, type: "refund-issued", provider: "stripe", providerEventId: "evt_1", providerEventType: "charge.refunded",
        signup: true, repeatOf: null, occurredAt: NOW, recordedAt: NOW, data: { amount: 5 },
      },
    ]);
  });

  it("keeps the order of recording, whenever things happened", async () => {
    const ids = await addEvents(scene.store, tenantId, [{ occurredAt: NOW }, { occurredAt: 5 }, { occurredAt: NOW - 1 }]);
    expect(await readAll()).toEqual(ids);
    expect(await readAll({ newestFirst: true })).toEqual(ids.toReversed());
  });

  it("filters by type, provider and contact, in order", async () => {
    const contactId = await addContact(scene.store, tenantId);
    const ids = await addEvents(scene.store, tenantId, [
      { type: "purchase", provider: "stripe" },
      { type: "purchase", provider: "polar", contactId },
      { type: "refund-issued", provider: "stripe", contactId },
      { type: "purchase", provider: "stripe", contactId },
      { type: "subscription-started", provider: "polar" },
      { type: "purchase", provider: "polar" },
    ]);
    const at = (...places: number[]) => places.map((place) => ids[place]);
    expect(await readAll({ type: "purchase" })).toEqual(at(0, 1, 3, 5));
    expect(await readAll({ type: "purchase", newestFirst: true })).toEqual(at(5, 3, 1, 0));
    expect(await readAll({ provider: "polar" })).toEqual(at(1, 4, 5));
    expect(await readAll({ type: "purchase", provider: "polar" })).toEqual(at(1, 5));
    expect(await readAll({ contactId })).toEqual(at(1, 2, 3));
    expect(await readAll({ contactId, type: "purchase", provider: "stripe" })).toEqual(at(3));
    expect(await readAll({ type: "nothing" })).toEqual([]);
    expect(await readAll({ type: "nul\0" })).toEqual([]);
    expect(await readAll({ contactId: "not an id" })).toEqual([]);
  });

  it("follows a contact that was merged into another", async () => {
    const [into, from] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const ids = await addEvents(scene.store, tenantId, [{ contactId: from }, { contactId: into }]);
    await withStreams(scene.store.pool, [tenantId], (transaction) => saveMerges(transaction, [{ tenantId, from, into }]));
    expect(await readAll({ contactId: from })).toEqual(ids);
  });

  it("follows a contact that is merged into another while it is read", async () => {
    const [into, from] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const ids = await addEvents(scene.store, tenantId, [{ contactId: from }, { contactId: into }, { contactId: from }]);
    const read = () => listEvents(scene.store, tenantId, { contactId: from });
    const { items } = await readWhileMerged(scene.store, "events", { tenantId, from, into }, read);
    expect(items.map(({ id }) => id)).toEqual(ids);
  });

  it("misses none and repeats none while new ones arrive from several writers", async () => {
    const writers = Array.from({ length: 4 }, async () => {
      const ids: string[] = [];
      for (let i = 0; i < 15; i++) ids.push(...(await addEvents(scene.store, tenantId, [{}, {}])));
      return ids;
    });
    const written = Promise.all(writers).then((ids) => ids.flat());
    let done = false;
    void written.then(() => (done = true));
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let last = false; ; last = done) {
      const page = await listEvents(scene.store, tenantId, { limit: 7, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.resumeCursor;
      if (last && page.nextCursor === null) break;
    }
    expect(seen).toHaveLength(120);
    expect(seen.toSorted()).toEqual((await written).toSorted());
  });

  it("lets a reader who is at the end come back later", async () => {
    const end = (await listEvents(scene.store, tenantId)).resumeCursor;
    const ids = await addEvents(scene.store, tenantId, [{}]);
    const page = await listEvents(scene.store, tenantId, { cursor: end });
    expect(page.items.map(({ id }) => id)).toEqual(ids);
    expect((await listEvents(scene.store, tenantId, { cursor: page.resumeCursor })).items).toEqual([]);
  });

  it("refuses a cursor that goes the other way round", async () => {
    await addEvents(scene.store, tenantId, [{}, {}]);
    const { nextCursor } = await listEvents(scene.store, tenantId, { limit: 1, newestFirst: true });
    await expect(listEvents(scene.store, tenantId, { cursor: nextCursor })).rejects.toThrow(InvalidInput);
  });
});

describe("an event", () => {
  it("is found by its key, within its tenant and provider", async () => {
    await addEvents(scene.store, tenantId, [{ providerEventId: "evt_7" }]);
    expect(await findEvent(scene.store, tenantId, "stripe", "evt_7")).toMatchObject({ providerEventId: "evt_7" });
    expect(await findEvent(scene.store, tenantId, "polar", "evt_7")).toBeNull();
    expect(await findEvent(scene.store, "acme", "stripe", "evt_7")).toBeNull();
  });
});

describe("the way to one of a contact's events", () => {
  it("is the cursor of the page that begins with it", async () => {
    const contactId = await addContact(scene.store, tenantId);
    const [first, second] = await addEvents(scene.store, tenantId, [{ contactId }, { contactId }, { contactId }]);
    const cursor = await cursorToEvent(scene.store, tenantId, contactId, String(second));
    const page = await listEvents(scene.store, tenantId, { contactId, newestFirst: true, cursor });
    expect(page.items.map(({ id }) => id)).toEqual([second, first]);
  });

  it("leads from the id of a contact that was merged into another to the one that has the event now", async () => {
    const [into, from] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const [event] = await addEvents(scene.store, tenantId, [{ contactId: from }, { contactId: into }]);
    await withStreams(scene.store.pool, [tenantId], (transaction) => saveMerges(transaction, [{ tenantId, from, into }]));
    const cursor = await cursorToEvent(scene.store, tenantId, from, String(event));
    const page = await listEvents(scene.store, tenantId, { contactId: from, newestFirst: true, cursor });
    expect(page.items.map(({ id }) => id)).toEqual([event]);
  });

  it("is there for no other's events, and for nothing that is no id", async () => {
    const [contactId, other] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const [event] = await addEvents(scene.store, tenantId, [{ contactId }]);
    expect(await cursorToEvent(scene.store, tenantId, other, String(event))).toBeNull();
    expect(await cursorToEvent(scene.store, "acme", contactId, String(event))).toBeNull();
    expect(await cursorToEvent(scene.store, tenantId, contactId, "nonsense")).toBeNull();
  });
});
