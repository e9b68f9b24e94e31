import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readWhileMerged } from "../test/meanwhile.ts";
import { addContact, addDelivery, addEvents, addTenant, NOW, openScene } from "../test/scene.ts";
import { deliveryBefore, deliveryCursor, findDelivery, listDeliveries, type DeliveryFilter } from "./deliveries.ts";
import { saveIntegration } from "./integrations.ts";
import { InvalidInput } from "./invalid-input.ts";

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

async function readAll(filter: DeliveryFilter = {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listDeliveries(scene.store, tenantId, { limit: 2, ...filter, cursor });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

describe("the list of deliveries", () => {
  it("shows the newest first, by every filter", async () => {
    const contactId = await addContact(scene.store, tenantId);
    const given = [
      { provider: "stripe", outcome: "processed", contactId },
      { provider: "polar", outcome: "failed", contactId },
      { provider: "stripe", outcome: "failed", providerEventId: "evt_twice" },
      { provider: "stripe", outcome: "duplicate", providerEventId: "evt_twice", contactId },
      { provider: "clerk", outcome: "failed" },
      { provider: "polar", outcome: "processed" },
    ] as const;
    const ids: string[] = [];
    for (const [i, delivery] of given.entries()) {
      ids.push(await addDelivery(scene.store, tenantId, { ...delivery, receivedAt: NOW + i }));
    }
    const at = (...places: number[]) => places.map((place) => ids[place]);
    expect(await readAll()).toEqual(at(5, 4, 3, 2, 1, 0));
    expect(await readAll({ outcome: "failed" })).toEqual(at(4, 2, 1));
    expect(await readAll({ provider: "stripe" })).toEqual(at(3, 2, 0));
    expect(await readAll({ provider: "polar", outcome: "processed" })).toEqual(at(5));
    expect(await readAll({ contactId })).toEqual(at(3, 1, 0));
    expect(await readAll({ contactId, outcome: "failed" })).toEqual(at(1));
    expect(await readAll({ providerEventId: "evt_twice" })).toEqual(at(3, 2));
    expect(await readAll({ providerEventId: "evt_twice", contactId })).toEqual(at(3));
    expect(await readAll({ outcome: "nul\0" })).toEqual([]);
  });

  it("follows a contact that is merged into another while it is read", async () => {
    const [into, from] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const first = await addDelivery(scene.store, tenantId, { contactId: into, receivedAt: NOW });
    const second = await addDelivery(scene.store, tenantId, { contactId: from, receivedAt: NOW + 1 });
    const read = () => readAll({ contactId: from });
    expect(await readWhileMerged(scene.store, "deliveries", { tenantId, from, into }, read)).toEqual([second, first]);
  });

  it("goes on after a delivery that stands elsewhere", async () => {
    const first = await addDelivery(scene.store, tenantId, { receivedAt: NOW });
    const second = await addDelivery(scene.store, tenantId, { receivedAt: NOW + 1 });
    const page = await listDeliveries(scene.store, tenantId, { cursor: deliveryCursor(second) });
    expect(page.items.map(({ id }) => id)).toEqual([first]);
    expect(deliveryBefore(deliveryCursor(second))).toBe(second);
    expect(() => deliveryBefore("garbage")).toThrow(InvalidInput);
  });
});

describe("a delivery", () => {
  it("tells its whole way", async () => {
    const { integration } = await saveIntegration(scene.store, tenantId, "stripe", { signingSecret: `whsec_${"1".repeat(32)}` });
    const secretId = integration.secrets[0]?.id ?? null;
    const contactId = await addContact(scene.store, tenantId);
    const [eventId = null] = await addEvents(scene.store, tenantId, [{ providerEventId: "evt_1", contactId }]);
    const id = await addDelivery(scene.store, tenantId, {
      providerEventId: "evt_1", eventId, contactId, secretId, requestId: "req-1", body: '{"id":"evt_1"}',
    });
    expect(await findDelivery(scene.store, tenantId, id)).toEqual({
      id, provider: "stripe", providerEventId: "evt_1", providerEventType: "invoice.paid", outcome: "processed", reason: null,
      receivedAt: NOW, processedAt: NOW + 40, eventId, contactId,
      secret: { id: secretId, hint: "whsec_…1111" }, requestId: "req-1", dedupe: true, body: '{"id":"evt_1"}',
      event: expect.objectContaining({ id: eventId, providerEventId: "evt_1" }),
    });
  });

  it("finds its event also where the provider reuses the event's id", async () => {
    const id = await addDelivery(scene.store, tenantId, { providerEventId: "evt_0", dedupe: false });
    const [eventId] = await addEvents(scene.store, tenantId, [{ providerEventId: "evt_0", eventKey: `evt_0#${id}` }]);
    await scene.store.pool.query("UPDATE deliveries SET event_id = $1 WHERE id = $2", [eventId, id]);
    expect(await findDelivery(scene.store, tenantId, id)).toMatchObject({ dedupe: false, event: { id: eventId } });
  });

  it("has no hint of a secret that is gone, and no body where none is left", async () => {
    const id = await addDelivery(scene.store, tenantId, { secretId: "00000000-0000-7000-8000-000000000000" });
    await scene.store.pool.query("DELETE FROM payloads WHERE delivery_id = $1", [id]);
    expect(await findDelivery(scene.store, tenantId, id)).toMatchObject({ secret: { hint: null }, body: null, event: null });
  });

  it("is nobody's but its tenant's", async () => {
    const id = await addDelivery(scene.store, tenantId);
    expect(await findDelivery(scene.store, "acme", id)).toBeNull();
    expect(await findDelivery(scene.store, tenantId, "nul\0")).toBeNull();
  });
});
