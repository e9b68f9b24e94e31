import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { EventJob } from "@mara/queue";
import type { Store } from "@mara/store";
import { again, jobWith, sampleJob, T0 } from "../../test/deliveries.ts";
import { newTenant, rowsOf, testLog, testStore } from "../../test/store.ts";
import { createPatience } from "./patience.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let recorder: Recorder;
let tenantId: string;

beforeAll(async () => {
  database = await testStore();
  store = database.store;
  const { log } = testLog();
  recorder = createRecorder({ store, log, patience: createPatience(log) });
});
afterAll(() => database.close());
beforeEach(async () => {
  tenantId = await newTenant(store);
});

async function eraseEvent({ provider }: EventJob, eventKey: string): Promise<void> {
  await store.pool.query("INSERT INTO erased_events (tenant_id, provider, event_key) VALUES ($1, $2, $3)", [tenantId, provider, eventKey]);
}

function bodies(): Promise<{ id: string }[]> {
  return rowsOf(store, tenantId, `SELECT delivery_id AS id FROM payloads WHERE tenant_id = $1`);
}

describe("a delivery of an event that was erased", () => {
  it("keeps no body when it fails for good, and is listed all the same", async () => {
    const job = sampleJob(tenantId, "stripe", "invoice.payment_failed");
    await eraseEvent(job, job.eventId);
    expect(await recorder.fail(job, "given up")).toBe("failed");
    expect(await bodies()).toEqual([]);
    expect(await rowsOf(store, tenantId, "SELECT outcome, reason FROM deliveries WHERE tenant_id = $1")).toEqual([
      { outcome: "failed", reason: "given up" },
    ]);
  });

  it("keeps no body where it is one of many with a test event's id", async () => {
    const erased = sampleJob(tenantId, "stripe", "invoice.payment_failed", {}, { eventId: "evt_00000000000000", dedupe: false });
    const other = again(erased);
    await eraseEvent(erased, `${erased.eventId}#${erased.deliveryId}`);
    await Promise.all([recorder.fail(erased, "given up"), recorder.fail(other, "given up")]);
    expect(await bodies()).toEqual([{ id: other.deliveryId }]);
  });

  it("keeps its body where another tenant's event of the same id was erased", async () => {
    const job = sampleJob(tenantId, "stripe", "invoice.payment_failed");
    await eraseEvent(job, job.eventId);
    tenantId = await newTenant(store);
    const mine = again(job, { tenantId });
    await recorder.fail(mine, "given up");
    expect(await bodies()).toEqual([{ id: mine.deliveryId }]);
  });
});

describe("the history of an object", () => {
  const invoice = (type: string, attempts: number) =>
    jobWith(tenantId, "stripe", {
      id: `evt_${type}_${attempts}`,
      type,
      body: JSON.stringify({
        id: `evt_${type}_${attempts}`, type, created: T0 / 1_000, livemode: true,
        data: { object: { id: "in_1", object: "invoice", customer: "cus_1", attempt_count: attempts, amount_due: 2000, amount_paid: 2000, currency: "usd" } },
      }),
    });
  const whom = () => rowsOf(store, tenantId, "SELECT subject, via FROM subjects WHERE tenant_id = $1");

  it("says whom it is about while no event came of it", async () => {
    await recorder.record(invoice("invoice.payment_succeeded", 1));
    expect(await whom()).toEqual([{ subject: "invoice:in_1", via: "stripe:cus_1" }]);
  });

  it("leaves that to its events once there are any", async () => {
    await recorder.record(invoice("invoice.payment_succeeded", 1));
    await recorder.record(invoice("invoice.payment_failed", 1));
    expect(await whom()).toEqual([{ subject: "invoice:in_1", via: null }]);
  });
});
