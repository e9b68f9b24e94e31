import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { v7 as uuid } from "uuid";
import { eventually } from "../../../test/support/eventually.ts";
import { addTenant, NOW, openScene } from "../test/scene.ts";
import { listDeliveries } from "./deliveries.ts";
import { readHealth } from "./health.ts";
import { listIntegrations, saveIntegration } from "./integrations.ts";
import { saveJoblessDeliveries, type JoblessDelivery } from "./jobless-deliveries.ts";
import { withStreams } from "./record/stream.ts";

const HOUR = 3_600_000;

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

function joblessDelivery(given: Partial<JoblessDelivery> = {}): JoblessDelivery {
  const receivedAt = given.receivedAt ?? NOW;
  return {
    tenantId,
    provider: "stripe",
    deliveryId: uuid({ msecs: receivedAt }),
    providerEventId: null,
    providerEventType: null,
    outcome: "rejected",
    reason: "mismatch",
    receivedAt,
    secretId: null,
    requestId: "req-1",
    count: 1,
    ...given,
  };
}

async function health() {
  const figures = (await readHealth(scene.store, tenantId, ["stripe"], NOW)).get("stripe");
  if (!figures) throw new Error("no figures");
  return figures;
}

describe("a jobless delivery", () => {
  it("is listed with its reason, and counted", async () => {
    const rejected = joblessDelivery();
    await saveJoblessDeliveries(scene.store, [rejected]);
    expect((await listDeliveries(scene.store, tenantId)).items).toEqual([
      {
        id: rejected.deliveryId, provider: "stripe", providerEventId: null, providerEventType: null, outcome: "rejected",
        reason: "mismatch", receivedAt: NOW, processedAt: null, eventId: null, contactId: null,
      },
    ]);
    expect((await health()).last24h).toEqual({ processed: 0, ignored: 0, duplicate: 0, rejected: 1, failed: 0 });
  });

  it("is listed and counted once, however often it comes", async () => {
    const twice = joblessDelivery({ outcome: "ignored", count: 3 });
    await saveJoblessDeliveries(scene.store, [twice, twice]);
    await saveJoblessDeliveries(scene.store, [twice]);
    expect((await listDeliveries(scene.store, tenantId)).items).toHaveLength(1);
    expect((await health()).last24h.ignored).toBe(3);
  });

  it("is dropped where its tenant does not exist, and holds up nobody", async () => {
    await saveJoblessDeliveries(scene.store, [joblessDelivery({ tenantId: "nobody" }), joblessDelivery()]);
    expect((await listDeliveries(scene.store, tenantId)).items).toHaveLength(1);
    const { rows } = await scene.store.pool.query("SELECT 1 FROM deliveries WHERE tenant_id = 'nobody'");
    expect(rows).toEqual([]);
  });

  it("may hold whatever a stranger sent", async () => {
    await saveJoblessDeliveries(scene.store, [joblessDelivery({ reason: "nul \0", providerEventType: "é".repeat(10_000), requestId: "\0" })]);
    const { items } = await listDeliveries(scene.store, tenantId);
    expect(items[0]).toMatchObject({ reason: "nul \uFFFD", providerEventType: "é".repeat(500) });
  });

  it("shows when its secret was used last", async () => {
    const { integration } = await saveIntegration(scene.store, tenantId, "stripe", { signingSecret: `whsec_${"1".repeat(32)}` });
    await saveJoblessDeliveries(scene.store, [joblessDelivery({ outcome: "duplicate", reason: "seen", secretId: integration.secrets[0]?.id ?? null })]);
    const [after] = await listIntegrations(scene.store, tenantId, ["stripe"]);
    expect(after?.secrets[0]?.lastUsedAt).toBe(NOW);
  });

  it("are handed back where somebody holds their tenant's stream for long, and nobody else's wait for that", async () => {
    const held = `${tenantId}-too`;
    await addTenant(scene.store, held);
    const [theirs, ours] = [joblessDelivery({ tenantId: held }), joblessDelivery()];
    const listed = async () => Promise.all([held, tenantId].map(async (id) => (await listDeliveries(scene.store, id)).items.length));
    const left = await withStreams(scene.store.pool, [held], () => saveJoblessDeliveries(scene.store, [theirs, ours]));
    expect([left, await listed()]).toEqual([[theirs], [0, 1]]);
    expect([await saveJoblessDeliveries(scene.store, left), await listed()]).toEqual([[], [1, 1]]);
  });

  it("are listed at once where nobody holds their tenant's stream, however many others are held", async () => {
    const ids = Array.from({ length: 6 }, (_, n) => `${tenantId}-held-${n}`);
    for (const id of ids) await addTenant(scene.store, id);
    const deliveries = [...ids.map((id) => joblessDelivery({ tenantId: id })), joblessDelivery()];
    const isListed = async () => (await listDeliveries(scene.store, tenantId)).items.length === 1;
    let isOver = false;
    const { saving } = await withStreams(scene.store.pool, ids, async () => {
      const begun = saveJoblessDeliveries(scene.store, deliveries).finally(() => (isOver = true));
      await eventually(isListed, (listed) => listed || isOver);
      return { saving: begun };
    });
    expect(isOver).toBe(false);
    await saving;
  });

  it("are listed soon of a hundred tenants whose streams are held again and again, each for a moment", async () => {
    const ids = Array.from({ length: 100 }, (_, n) => `${tenantId}-${n}`);
    for (const id of ids) await addTenant(scene.store, id);
    const over = new AbortController();
    const holding = (async () => {
      while (!over.signal.aborted) await withStreams(scene.store.pool, ids, (transaction) => transaction.query("SELECT pg_sleep(0.02)"));
    })();
    expect(await saveJoblessDeliveries(scene.store, ids.map((id) => joblessDelivery({ tenantId: id })))).toEqual([]);
    over.abort();
    await holding;
  });
});

describe("the health of a connector", () => {
  it("tells the last problem and the last activity apart", async () => {
    await saveJoblessDeliveries(scene.store, [
      joblessDelivery({ outcome: "ignored", reason: "not mapped", providerEventType: "invoice.created", receivedAt: NOW - 2_000 }),
      joblessDelivery({ reason: "stale", providerEventType: "made.up", receivedAt: NOW - 1_000 }),
    ]);
    expect(await health()).toMatchObject({
      lastActivityAt: NOW - 2_000, lastEventType: "invoice.created", lastProblem: "stale", lastProblemAt: NOW - 1_000,
    });
  });

  it("keeps the last problem where an older one comes after it", async () => {
    await saveJoblessDeliveries(scene.store, [joblessDelivery({ reason: "stale", receivedAt: NOW - 1_000 })]);
    await saveJoblessDeliveries(scene.store, [joblessDelivery({ reason: "mismatch", receivedAt: NOW - 5 * HOUR })]);
    expect(await health()).toMatchObject({ lastProblem: "stale", lastProblemAt: NOW - 1_000 });
  });

  it("counts by hour for a day", async () => {
    await saveJoblessDeliveries(scene.store, [
      joblessDelivery({ receivedAt: NOW }),
      joblessDelivery({ receivedAt: NOW - HOUR, count: 4 }),
      joblessDelivery({ receivedAt: NOW - 23 * HOUR, outcome: "duplicate" }),
      joblessDelivery({ receivedAt: NOW - 24 * HOUR, outcome: "duplicate" }),
    ]);
    const { hours, last24h } = await health();
    expect(hours).toHaveLength(24);
    expect(hours.map(({ rejected }) => rejected).slice(-2)).toEqual([4, 1]);
    expect(hours[0]).toMatchObject({ duplicate: 1, hour: NOW - (NOW % HOUR) - 23 * HOUR });
    expect(last24h).toEqual({ processed: 0, ignored: 0, duplicate: 1, rejected: 5, failed: 0 });
  });

  it("goes on counting a flood of rejected deliveries that is no longer listed", async () => {
    const flood = () => Array.from({ length: 600 }, () => joblessDelivery());
    for (const deliveries of [flood(), flood(), flood()]) await saveJoblessDeliveries(scene.store, deliveries);
    const { rows } = await scene.store.pool.query("SELECT id FROM deliveries WHERE tenant_id = $1", [tenantId]);
    expect(rows).toHaveLength(1_200);
    expect((await health()).last24h.rejected).toBe(1_800);
  });
});
