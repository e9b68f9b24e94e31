import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { v7 as uuid } from "uuid";
import { openConsole, type OpenConsole } from "../test/open-console.ts";
import { enqueue } from "../test/pending.ts";
import { seedDelivery, seedRejection } from "../test/seed.ts";
import { replayFailed } from "./replay.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

async function jobsOf(tenantId: string): Promise<unknown[]> {
  const jobs = await Promise.all(console.backing.desk.queues.map((queue) => queue.getJobs()));
  return jobs.flat().map((job) => job.data).filter((data) => data.tenantId === tenantId);
}

async function replay(tenantId: string, deliveryId: string) {
  const { status, body } = await console.ask("POST", `/api/tenants/${tenantId}/deliveries/${deliveryId}/replay`);
  return { status, body };
}

describe("replaying a delivery", () => {
  it("puts what was kept of it on the queue again", async () => {
    const { id } = await console.tenant();
    const secretId = uuid();
    const receivedAt = Date.now();
    const delivery = await seedDelivery(console.backing.store, id, {
      provider: "polar",
      providerEventId: "msg_1",
      providerEventType: "order.paid",
      outcome: "failed",
      reason: "the order has no amount",
      receivedAt,
      secretId,
      requestId: "req-1",
      dedupe: false,
      body: '{"type":"order.paid"}',
    });
    expect(await replay(id, delivery)).toEqual({
      status: 202,
      body: {
        id: delivery,
        provider: "polar",
        providerEventId: "msg_1",
        providerEventType: "order.paid",
        outcome: "queued",
        reason: null,
        receivedAt: new Date(receivedAt).toISOString(),
        processedAt: null,
        eventId: null,
        contactId: null,
      },
    });
    expect(await jobsOf(id)).toEqual([
      {
        tenantId: id,
        provider: "polar",
        deliveryId: delivery,
        eventId: "msg_1",
        eventType: "order.paid",
        receivedAt,
        secretId,
        requestId: "req-1",
        dedupe: false,
        replay: true,
        body: '{"type":"order.paid"}',
      },
    ]);
  });

  it("leaves one that still waits where it is", async () => {
    const { id } = await console.tenant();
    const [waiting] = await enqueue(console, id, [{}]);
    const { status, body } = await replay(id, waiting ?? "");
    expect([status, body]).toEqual([202, expect.objectContaining({ id: waiting, outcome: "queued" })]);
    expect(await jobsOf(id)).toHaveLength(1);
  });

  it("can't be done where nothing was kept: one that was turned away", async () => {
    const { id } = await console.tenant();
    const rejected = await seedRejection(console.backing.store, id, "stripe", "mismatch");
    expect(await replay(id, rejected)).toEqual({ status: 409, body: { error: "no_payload" } });
  });

  it("can't be done where the payload is gone", async () => {
    const { id } = await console.tenant();
    const delivery = await seedDelivery(console.backing.store, id);
    await console.backing.store.pool.query("DELETE FROM payloads WHERE tenant_id = $1", [id]);
    expect(await replay(id, delivery)).toEqual({ status: 409, body: { error: "no_payload" } });
  });

  it("finds none of another tenant, and none that never was", async () => {
    const [mine, theirs] = [await console.tenant(), await console.tenant()];
    const stored = await seedDelivery(console.backing.store, theirs.id);
    const [waiting] = await enqueue(console, theirs.id, [{}]);
    const statuses = [];
    const LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    for (const one of [stored, waiting ?? "", uuid(), LAST, "not-an-id", "%00"]) statuses.push((await replay(mine.id, one)).status);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404]);
    expect(await jobsOf(mine.id)).toEqual([]);
  });
});

describe("replaying what failed", () => {
  it("takes each that can be, of one provider where it is told", async () => {
    const { id } = await console.tenant();
    const { store } = console.backing;
    const failed = { outcome: "failed", reason: "broken" } as const;
    const stripe = await seedDelivery(store, id, failed);
    const polar = await seedDelivery(store, id, { ...failed, provider: "polar" });
    const bare = await seedDelivery(store, id, failed);
    await seedDelivery(store, id, { outcome: "processed" });
    await store.pool.query("DELETE FROM payloads WHERE tenant_id = $1 AND delivery_id = $2", [id, bare]);

    expect(await replayFailed(console.backing, id, "polar")).toEqual({ replayed: 1, withoutPayload: 0, more: false });
    expect(await jobsOf(id)).toEqual([expect.objectContaining({ deliveryId: polar })]);
    expect(await replayFailed(console.backing, id, "stripe")).toEqual({ replayed: 1, withoutPayload: 1, more: false });
    expect(await jobsOf(id)).toContainEqual(expect.objectContaining({ deliveryId: stripe, replay: true }));
  });
});
