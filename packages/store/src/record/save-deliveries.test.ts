import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { v7 as uuid } from "uuid";
import { addTenant, NOW, openScene } from "../../test/scene.ts";
import type { DeliveryRow } from "./rows.ts";
import { loadCarriers, saveBelated, saveDeliveries } from "./save-deliveries.ts";
import { withStreams } from "./stream.ts";

const TENANT = "globex";
const [ADA, BOB, EVENT] = [uuid(), uuid(), uuid()];

let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  scene = await openScene();
  await addTenant(scene.store, TENANT);
});
afterAll(() => scene.close());

/** A delivery that was ignored. */
function ignored(providerEventId: string, given: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    tenantId: TENANT,
    id: uuid(),
    provider: "polar",
    providerEventId,
    providerEventType: "subscription.active",
    outcome: "ignored",
    reason: "nothing to tell",
    receivedAt: NOW,
    eventId: null,
    contactId: null,
    via: null,
    secretId: null,
    requestId: null,
    dedupe: true,
    body: null,
    ...given,
  };
}

const save = (rows: readonly DeliveryRow[]) =>
  withStreams(scene.store.pool, [TENANT], (transaction) => saveDeliveries(transaction, rows, NOW));

describe("an event that counts belatedly", () => {
  it("was about whom the first of its deliveries that knew it was about", async () => {
    const ofBob = ignored("evt_1", { contactId: BOB, via: "app:bob" });
    await save([ignored("evt_1"), ofBob, ignored("evt_1", { contactId: ADA, via: "app:ada" }), ignored("evt_2")]);
    await save([ignored("evt_3", { outcome: "processed", contactId: ADA, via: "app:ada" })]);
    const keys = ["evt_1", "evt_2", "evt_3"].map((eventKey) => ({ tenantId: TENANT, provider: "polar" as const, eventKey }));
    const carriers = await withStreams(scene.store.pool, [TENANT], (transaction) => loadCarriers(transaction, keys));
    expect(carriers).toEqual([{ tenantId: TENANT, provider: "polar", eventKey: "evt_1", contactId: BOB, via: "app:bob" }]);
  });

  it("leaves each of its deliveries with whom it was about, and tells those that knew nobody", async () => {
    const [known, unknown] = [ignored("evt_4", { contactId: BOB, via: "app:bob" }), ignored("evt_4")];
    await save([known, unknown]);
    const row = { tenantId: TENANT, provider: "polar", providerEventId: "evt_4", eventId: EVENT, contactId: ADA, via: "app:ada" };
    await withStreams(scene.store.pool, [TENANT], (transaction) => saveBelated(transaction, [row]));
    const { rows } = await scene.store.pool.query(
      "SELECT outcome, event_id, contact_id, via FROM deliveries WHERE provider_event_id = 'evt_4' ORDER BY id",
    );
    expect(rows).toEqual([
      { outcome: "processed", event_id: EVENT, contact_id: BOB, via: "app:bob" },
      { outcome: "duplicate", event_id: EVENT, contact_id: ADA, via: "app:ada" },
    ]);
  });
});
