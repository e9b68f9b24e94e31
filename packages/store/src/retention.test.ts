import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { v7 as uuid } from "uuid";
import { costOf, queriesOf } from "../test/plans.ts";
import { addDelivery, addEvents, addTenant, NOW, openScene } from "../test/scene.ts";
import { findDelivery } from "./deliveries.ts";
import { listEvents } from "./events.ts";
import { saveJoblessDeliveries, type JoblessDelivery } from "./jobless-deliveries.ts";
import { hourOf, saveCounts } from "./record/save-figures.ts";
import { withStreams } from "./record/stream.ts";
import { firstIdOf, sweepOld } from "./retention.ts";

const DAY = 86_400_000;
const POLICY = { payloadDays: 30, deliveryDays: 90 };

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  for (const table of ["deliveries", "payloads", "delivery_counts"]) await scene.store.pool.query(`TRUNCATE ${table}`);
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
});

const received = (daysAgo: number) => ({ receivedAt: NOW - daysAgo * DAY });

/** What is left of a delivery. */
async function leftOf(id: string): Promise<"all" | "listed" | "nothing"> {
  const delivery = await findDelivery(scene.store, tenantId, id);
  if (!delivery) return "nothing";
  return delivery.body === null ? "listed" : "all";
}

describe("retention", () => {
  it.each([
    ["all", "processed", 29],
    ["listed", "processed", 31],
    ["listed", "ignored", 89],
    ["nothing", "processed", 91],
    ["all", "failed", 89],
    ["nothing", "failed", 91],
  ] as const)("leaves %s of a delivery that was %s after %d days", async (left, outcome, days) => {
    const id = await addDelivery(scene.store, tenantId, { outcome, ...received(days) });
    await sweepOld(scene.store, POLICY, { now: NOW });
    expect(await leftOf(id)).toBe(left);
    const { rows } = await scene.store.pool.query("SELECT 1 FROM payloads WHERE delivery_id = $1", [id]);
    expect(rows).toHaveLength(left === "all" ? 1 : 0);
  });

  it("removes the payloads of failed deliveries when it is told to", async () => {
    const [young, old] = [
      await addDelivery(scene.store, tenantId, { outcome: "failed", ...received(40) }),
      await addDelivery(scene.store, tenantId, { outcome: "failed", ...received(50) }),
    ];
    await sweepOld(scene.store, { ...POLICY, failedPayloadDays: 45 }, { now: NOW });
    expect([await leftOf(young), await leftOf(old)]).toEqual(["all", "listed"]);
  });

  it("keeps events for good", async () => {
    await addEvents(scene.store, tenantId, [{ occurredAt: NOW - 1_000 * DAY }]);
    await sweepOld(scene.store, POLICY, { now: NOW + 10_000 * DAY });
    expect((await listEvents(scene.store, tenantId)).items).toHaveLength(1);
  });

  it("goes through any number of rows in small batches", async () => {
    await addTenant(scene.store, `${tenantId}-too`);
    for (let i = 0; i < 7; i++) {
      await addDelivery(scene.store, tenantId, received(91));
      await addDelivery(scene.store, `${tenantId}-too`, received(91));
    }
    expect(await sweepOld(scene.store, POLICY, { now: NOW, batch: 3 })).toMatchObject({ payloads: 14, deliveries: 14 });
    expect(await sweepOld(scene.store, POLICY, { now: NOW, batch: 3 })).toMatchObject({ payloads: 0, deliveries: 0 });
  });

  it("reads no more than a batch at a time, however many failed ones it has to leave among the others", async () => {
    await scene.store.pool.query(
      `INSERT INTO deliveries (tenant_id, id, provider, outcome, received_at)
       SELECT $1, (left($2, 24) || lpad(to_hex(i), 12, '0'))::uuid, 'stripe', CASE WHEN i % 6000 = 0 THEN 'processed' ELSE 'failed' END, now()
         FROM generate_series(1, 30000) i`,
      [tenantId, firstIdOf(new Date(NOW - 40 * DAY))],
    );
    await scene.store.pool.query("INSERT INTO payloads (tenant_id, delivery_id, body) SELECT tenant_id, id, '{}' FROM deliveries");
    for (const table of ["deliveries", "payloads"]) await scene.store.pool.query(`VACUUM ANALYZE ${table}`);
    let swept: unknown;
    const queries = await queriesOf(async () => void (swept = await sweepOld(scene.store, POLICY, { now: NOW, batch: 50 })));
    expect(swept).toMatchObject({ payloads: 5, deliveries: 0 });
    const first = queries.find(({ text }) => text.includes("DELETE FROM payloads") && text.includes("'failed'"));
    if (first === undefined) throw new Error("no payloads were looked for");
    expect((await costOf(scene.store, first, { run: true })).pages).toBeLessThan(500);
  });

  it("goes on with the tenant that a batch ended at, however many came before it", async () => {
    const { pool } = scene.store;
    await pool.query("INSERT INTO streams (tenant_id) SELECT 'before-' || i FROM generate_series(1, 20000) i");
    await pool.query("VACUUM ANALYZE streams");
    const asked = jest.spyOn(pool, "query");
    try {
      for (let i = 0; i < 5; i++) await addDelivery(scene.store, tenantId, received(91));
      expect(await sweepOld(scene.store, POLICY, { now: NOW, batch: 2 })).toMatchObject({ deliveries: 5 });
      const calls: readonly (readonly unknown[])[] = asked.mock.calls;
      const [text, values] = calls.findLast(([sql]) => String(sql).includes("DELETE FROM deliveries")) ?? [];
      const last = { text: String(text), values: Array.isArray(values) ? values : [] };
      expect((await costOf(scene.store, last, { run: true })).pages).toBeLessThan(500);
    } finally {
      asked.mockRestore();
      await pool.query("DELETE FROM streams WHERE tenant_id LIKE 'before-%'");
    }
  });

  it("passes over what somebody works on", async () => {
    const id = await addDelivery(scene.store, tenantId, received(91));
    const client = await scene.store.pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT 1 FROM deliveries WHERE id = $1 FOR UPDATE", [id]);
      expect(await sweepOld(scene.store, POLICY, { now: NOW })).toMatchObject({ deliveries: 0 });
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
    expect(await sweepOld(scene.store, POLICY, { now: NOW })).toMatchObject({ deliveries: 1 });
  });

  it("removes nothing where only this process takes it to be old, because its clock is ahead", async () => {
    const id = await addDelivery(scene.store, tenantId, { outcome: "failed", receivedAt: Date.now() });
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 1_000 * DAY);
    try {
      await sweepOld(scene.store, POLICY);
    } finally {
      clock.mockRestore();
    }
    expect(await leftOf(id)).toBe("all");
  });

  it("stops when it is told to", async () => {
    await addDelivery(scene.store, tenantId, received(91));
    const swept = await sweepOld(scene.store, POLICY, { now: NOW, signal: AbortSignal.abort() });
    expect(swept).toEqual({ payloads: 0, deliveries: 0, counts: 0, secrets: 0 });
  });

  it("keeps the newest of many rejected deliveries, and every one that was processed", async () => {
    const deliveries = Array.from({ length: 9 }, (_, i): JoblessDelivery => ({
      tenantId, provider: "stripe", deliveryId: uuid({ msecs: NOW + i }), providerEventId: null, providerEventType: null,
      outcome: "rejected", reason: "mismatch", receivedAt: NOW + i, secretId: null, requestId: null, count: 1,
    }));
    await saveJoblessDeliveries(scene.store, deliveries);
    for (let i = 0; i < 6; i++) await addDelivery(scene.store, tenantId);
    expect(await sweepOld(scene.store, { ...POLICY, maxJoblessDeliveries: 4 }, { now: NOW, batch: 2 })).toMatchObject({ deliveries: 5 });
    const { rows } = await scene.store.pool.query<{ id: string }>("SELECT id FROM deliveries WHERE outcome = 'rejected' ORDER BY id");
    expect(rows.map(({ id }) => id)).toEqual(deliveries.slice(5).map(({ deliveryId }) => deliveryId));
  });

  it("forgets the counts of hours whose deliveries are gone", async () => {
    const count = { tenantId, provider: "stripe", outcome: "processed", count: 1 };
    await withStreams(scene.store.pool, [tenantId], (transaction) =>
      saveCounts(transaction, [{ ...count, hour: NOW - 91 * DAY }, { ...count, hour: NOW - 89 * DAY }]),
    );
    expect(await sweepOld(scene.store, POLICY, { now: NOW })).toMatchObject({ counts: 1 });
  });

  it("keeps the counts of an hour as long as one of its deliveries, which may be replayed", async () => {
    const receivedAt = NOW - 90 * DAY + 60_000;
    const id = await addDelivery(scene.store, tenantId, { outcome: "failed", receivedAt });
    await withStreams(scene.store.pool, [tenantId], (transaction) =>
      saveCounts(transaction, [{ tenantId, provider: "stripe", outcome: "failed", hour: hourOf(receivedAt), count: 1 }]),
    );
    expect(await sweepOld(scene.store, POLICY, { now: NOW })).toMatchObject({ deliveries: 0, counts: 0 });
    expect(await leftOf(id)).toBe("all");
    expect(await sweepOld(scene.store, POLICY, { now: NOW + 30 * 60_000 })).toMatchObject({ deliveries: 1, counts: 1 });
  });

  it("forgets secrets a month after they ended", async () => {
    const expiresAt = [new Date(NOW - 31 * DAY), new Date(NOW - 29 * DAY), null];
    for (const at of expiresAt) {
      await scene.store.pool.query(
        "INSERT INTO signing_secrets (id, tenant_id, provider, sealed, hint, expires_at) VALUES ($1, $2, 'stripe', '', '', $3)",
        [uuid(), tenantId, at],
      );
    }
    expect(await sweepOld(scene.store, POLICY, { now: NOW })).toMatchObject({ secrets: 1 });
  });
});

describe("the first id of a time", () => {
  it("parts the ids before it from those after it", () => {
    const first = firstIdOf(new Date(NOW));
    expect(uuid({ msecs: NOW - 1 }) < first).toBe(true);
    expect(uuid({ msecs: NOW, random: new Uint8Array(16), seq: 0 }) >= first).toBe(true);
  });
});
