import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { addTenant, NOW, openScene } from "../../test/scene.ts";
import type { EventRow } from "./rows.ts";
import { saveMoves } from "./save-contacts.ts";
import { saveEvents } from "./save-events.ts";
import { withStreams } from "./stream.ts";

const TENANT = "globex";
const [ADA, BOB, EVE] = [randomUUID(), randomUUID(), randomUUID()];

let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  scene = await openScene();
  await addTenant(scene.store, TENANT);
});
afterAll(() => scene.close());

/** Ada's purchase, that this identity led to her. */
function purchase(via: string, i: number): EventRow {
  const providerEventId = `evt_${via}`;
  return {
    tenantId: TENANT,
    seq: BigInt(i + 1),
    id: randomUUID(),
    type: "purchase",
    provider: "polar",
    providerEventId,
    eventKey: providerEventId,
    providerEventType: "order.paid",
    contactId: ADA,
    via,
    subject: null,
    signup: false,
    repeatOf: null,
    occurredAt: NOW,
    data: {},
  };
}

it("what came through identities that go the same way moves together, however many there are", async () => {
  const [ofBob, ofEve, stays] = [["polar:1", "polar:2", "polar:3"], ["polar:4", "polar:5"], "polar:6"];
  const move = (into: string) => (via: string) => ({ tenantId: TENANT, from: ADA, into, via });
  const statements = await withStreams(scene.store.pool, [TENANT], async (transaction) => {
    await saveEvents(transaction, [...ofBob, ...ofEve, stays].map(purchase), NOW);
    const query = jest.spyOn(transaction, "query");
    await saveMoves(transaction, [...ofBob.map(move(BOB)), ...ofEve.map(move(EVE))]);
    return query.mock.calls.length;
  });
  // Two ways, in two tables.
  expect(statements).toBe(4);
  const { rows } = await scene.store.pool.query("SELECT via, contact_id FROM events WHERE tenant_id = $1", [TENANT]);
  expect(new Map(rows.map(({ via, contact_id }) => [via, contact_id]))).toEqual(
    new Map([...ofBob.map((via) => [via, BOB] as const), ...ofEve.map((via) => [via, EVE] as const), [stays, ADA]]),
  );
});
