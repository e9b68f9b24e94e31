import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createDesk, createIntake, type Desk, type EventJob, type Intake, type RedisConnection } from "@mara/queue";
import { cancelBackfill, latestBackfill, saveIntegration, startBackfill, type Backfill, type Store } from "@mara/store";
import { eventually } from "../../../test/support/eventually.ts";
import { clerkUserId } from "../../../test/support/fake-clerk-user.ts";
import { startFakeClerk, type FakeClerk } from "../../../test/support/fake-clerk.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { jobWith, reworded, sampleJob } from "../test/deliveries.ts";
import { workerProcesses } from "../test/processes.ts";
import { newTenant, rowsOf, testStore } from "../test/store.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let producer: RedisConnection;
let intake: Intake;
let desk: Desk;
let tenant: string;
const processes = workerProcesses();

beforeAll(async () => {
  [redis, database] = await Promise.all([freshRedis(), testStore()]);
  store = database.store;
  producer = connectRedis(redis.url, "producer", () => undefined);
  intake = createIntake(producer, { shards: 1 });
  desk = createDesk(producer, { shards: 1 });
});
afterAll(async () => {
  await intake.close();
  await desk.close();
  producer.disconnect();
  await Promise.all([database.close(), redis.stop()]);
});
beforeEach(async () => {
  tenant = await newTenant(store);
});
afterEach(() => processes.stop());

const start = (clerk?: FakeClerk, maxHeapMb?: number) =>
  processes.start({
    databaseUrl: database.url,
    redisUrl: redis.url,
    ...(clerk && { clerkApiUrl: clerk.url }),
    ...(maxHeapMb !== undefined && { maxHeapMb }),
  });

const outcomes = async () => Object.fromEntries((await rowsOf<{ outcome: string; count: number }>(
  store, tenant, "SELECT outcome, count(*)::int FROM deliveries WHERE tenant_id = $1 GROUP BY 1")).map((row) => [row.outcome, row.count]));
const eventCount = async () => (await rowsOf(store, tenant, "SELECT 1 FROM events WHERE tenant_id = $1")).length;
const jobsLeft = async () => desk.queues[0]?.getJobCountByTypes("wait", "active", "delayed");
const pending = async () => Object.values(await desk.pendingCounts(tenant)).reduce((sum, count) => sum + count, 0);

/** The backfill once it is over; waits for as long as it gets on. */
async function overBackfill(): Promise<Backfill | null> {
  for (let seen = -1; ; ) {
    const backfill = await eventually(() => latestBackfill(store, tenant), (now) => now === null || now.finishedAt !== null || now.seen > seen);
    if (backfill === null || backfill.finishedAt !== null) return backfill;
    seen = backfill.seen;
  }
}

/** Resolves once so many are processed; waits for as long as it gets on. */
async function untilProcessed(count: number): Promise<void> {
  for (let done = 0; done < count; ) {
    const before = done;
    done = await eventually(async () => (await outcomes()).processed ?? 0, (processed) => processed > before);
  }
}

/** A few at a time: a machine under load must not make admission run out of its second. */
async function admitAll(jobs: readonly EventJob[]): Promise<void> {
  for (let i = 0; i < jobs.length; i += 100) await Promise.all(jobs.slice(i, i + 100).map((job) => intake.admit(job)));
}

async function begin(): Promise<string> {
  await saveIntegration(store, tenant, "clerk", { apiKey: "sk_test_fake" });
  const begun = await startBackfill(store, tenant);
  if (begun.kind === "no_api_key") throw new Error(`the backfill is ${begun.kind}`);
  return begun.backfill.id;
}

describe("a worker", () => {
  it("records what was admitted, and leaves nothing pending", async () => {
    await start();
    await Promise.all(["a", "b", "c"].map((seed) => intake.admit(sampleJob(tenant, "polar", "order.paid", { seed }))));
    await eventually(eventCount, (count) => count === 3);
    await eventually(pending, (count) => count === 0);
  });

  it("keeps what it can't understand as failed, with its reason and body, and goes on with the others", async () => {
    await start();
    const broken = jobWith(tenant, "clerk", { id: "msg_1", type: "user.created", body: '{"type":"user.created","data":{}}' });
    await Promise.all([broken, sampleJob(tenant, "polar", "order.paid")].map((job) => intake.admit(job)));
    expect(await eventually(outcomes, (seen) => Object.keys(seen).length === 2)).toEqual({ failed: 1, processed: 1 });
    expect(await rowsOf(store, tenant, "SELECT reason, body FROM deliveries d JOIN payloads p ON p.delivery_id = d.id WHERE d.tenant_id = $1 AND outcome = 'failed'")).toEqual([
      { reason: "data.id is missing", body: broken.body },
    ]);
    await eventually(pending, (count) => count === 0);
  });

  it("fails what Postgres refuses once, and processes it when it is replayed after Postgres was mended", async () => {
    await store.pool.query("ALTER TABLE events ADD CONSTRAINT mistake CHECK (provider <> 'stripe') NOT VALID");
    await start();
    const jobs = [sampleJob(tenant, "stripe", "checkout.session.completed"), sampleJob(tenant, "polar", "order.paid")];
    await Promise.all(jobs.map((job) => intake.admit(job)));
    expect(await eventually(outcomes, (seen) => Object.keys(seen).length === 2)).toEqual({ failed: 1, processed: 1 });
    await store.pool.query("ALTER TABLE events DROP CONSTRAINT mistake");
    for (const job of jobs) await desk.replay(job);
    expect(await eventually(outcomes, (seen) => seen.processed === 2)).toEqual({ processed: 2 });
    expect(await eventCount()).toBe(2);
  });

  it("lives through a backlog of the largest bodies in a small heap", async () => {
    // One letter that is not Latin, and V8 takes two bytes for every other; and as objects they take the most once they are read.
    const padding = `["ж"${",{}".repeat(330_000)}]`;
    const large = Array.from({ length: 40 }, (_, i) =>
      reworded(sampleJob(tenant, "polar", "order.paid", { seed: `large ${i}` }), (body) => body.replace("{", `{"padding":${padding},`)),
    );
    // What is to know how much room Redis has left asks it now and then, and takes little until it knows.
    for (const job of large) await eventually(() => intake.admit(job).catch(() => null), (admitted) => admitted === "queued");
    const { ended } = await start(undefined, 138);
    await Promise.race([eventually(eventCount, (count) => count === large.length, 60_000), ended.then(() => Promise.reject(new Error("the worker died, as it does when its heap is full")))]);
  }, 90_000);

  it("moves jobless deliveries into the deliveries list", async () => {
    await start();
    const { deliveryId, provider, receivedAt } = sampleJob(tenant, "polar", "order.paid");
    intake.note({
      tenantId: tenant, provider, deliveryId, receivedAt, outcome: "rejected", reason: "mismatch",
      providerEventId: null, providerEventType: null, secretId: null, requestId: null,
    });
    await intake.flush();
    expect(await eventually(outcomes, (seen) => seen.rejected !== undefined)).toEqual({ rejected: 1 });
  });

  it("removes what is past its time, by schedule", async () => {
    await start();
    const job = sampleJob(tenant, "polar", "order.paid");
    await intake.admit({ ...job, deliveryId: "01800000-0000-7000-8000-000000000001" });
    await eventually(eventCount, (count) => count === 1);
    await desk.queues.at(-1)?.add("sweep-old", {});
    await eventually(outcomes, (seen) => Object.keys(seen).length === 0);
    expect(await eventCount()).toBe(1);
  });

  it("answers its probes and shows its figures", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await intake.admit(sampleJob(tenant, "polar", "order.paid"));
    await eventually(eventCount, (count) => count === 1);
    const recorded = 'mara_deliveries_recorded_total{provider="polar",outcome="processed"} 1';
    const figures = await eventually(async () => (await fetch(`${url}/metrics`)).text(), (text) => text.includes(recorded));
    for (const line of [
      "mara_batch_size_count 1",
      'mara_queue_jobs{queue="events-0",state="waiting"} 0',
      'mara_queue_oldest_waiting_seconds{queue="events-0"} 0',
      "mara_backfills_open 0",
    ]) expect(figures).toContain(line);
  });

  it("that is asked to stop finishes what it has in hand and ends well", async () => {
    const jobs = Array.from({ length: 300 }, (_, i) => sampleJob(tenant, "polar", "order.paid", { seed: `s${i}` }));
    await admitAll(jobs);
    const worker = await start();
    await eventually(eventCount, (count) => count > 0);
    worker.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
    expect(await pending()).toBe(300 - (await eventCount()));
  });
});

describe("a worker that is killed in the middle of its work", () => {
  it("loses nothing and doubles nothing: another one finishes", async () => {
    const jobs = Array.from({ length: 1_000 }, (_, i) => sampleJob(tenant, "polar", "order.paid", { seed: `k${i}`, person: { email: `p${i % 50}@x.io` } }));
    await admitAll(jobs);
    for (const least of [1, 400]) {
      const worker = await start();
      await eventually(eventCount, (count) => count >= least);
      worker.kill("SIGKILL");
      await worker.ended;
    }
    await start();
    await untilProcessed(1_000);
    // One look of the sweep is enough only then: it reads the oldest marks, and those of jobs in hand may stand before what is lost.
    await eventually(jobsLeft, (count) => count === 0);
    // Killed after a job and before its mark was removed: the sweep finds it.
    await desk.queues.at(-1)?.add("sweep-pending", {});
    await eventually(pending, (count) => count === 0);
    expect(await eventCount()).toBe(1_000);
    expect(await rowsOf(store, tenant, "SELECT outcome, sum(count)::int AS count FROM delivery_counts WHERE tenant_id = $1 GROUP BY 1")).toEqual([{ outcome: "processed", count: 1_000 }]);
    expect(await rowsOf(store, tenant, "SELECT count(*)::int FROM contacts WHERE tenant_id = $1")).toEqual([{ count: 50 }]);
  }, 180_000);

  it("leaves a backfill that resumes at the page after the last one written", async () => {
    const clerk = await startFakeClerk({ users: 2_200 });
    try {
      const backfillId = await begin();
      await desk.startBackfill(tenant, backfillId);
      const first = await start(clerk);
      clerk.beforePage = async (page) => {
        if (page !== 2) return;
        first.kill("SIGKILL");
        await first.ended;
      };
      await first.ended;
      expect(await latestBackfill(store, tenant)).toMatchObject({ seen: 1_000 });
      const asked = clerk.pageRequests.length;
      await start(clerk);
      expect(await overBackfill()).toMatchObject({
        status: "done", total: 2_200, seen: 2_200, created: 2_200, updated: 0, skipped: 0,
      });
      expect(clerk.pageRequests[asked]?.query.starting_after).toBe(clerkUserId(999));
    } finally {
      await clerk.close();
    }
  });
});

describe("a backfill", () => {
  it("whose job was never added is found and run", async () => {
    const clerk = await startFakeClerk({ users: 3 });
    try {
      await begin();
      await start(clerk);
      expect(await overBackfill()).toMatchObject({ status: "done", seen: 3 });
    } finally {
      await clerk.close();
    }
  });

  it("that Clerk holds up for long holds up nobody else's, and can be canceled", async () => {
    const clerk = await startFakeClerk({ users: 3 });
    try {
      const heldUp = await Promise.all(Array.from({ length: 4 }, () => newTenant(store)));
      for (const [i, one] of heldUp.entries()) {
        const apiKey = `sk_test_slow${i}`;
        clerk.toldToWait.set(apiKey, 3_600);
        const { firstImport } = await saveIntegration(store, one, "clerk", { apiKey });
        await desk.startBackfill(one, firstImport?.id ?? "");
      }
      await start(clerk);
      const states = () => Promise.all(heldUp.map(async (one) => (await latestBackfill(store, one))?.isHeldUp));
      await eventually(states, (seen) => seen.every(Boolean));
      await desk.startBackfill(tenant, await begin());
      expect(await overBackfill()).toMatchObject({ status: "done", seen: 3 });
      for (const one of heldUp) expect(await cancelBackfill(store, one)).toMatchObject({ status: "canceled" });
    } finally {
      await clerk.close();
    }
  });

  it("of many users needs no more memory than one of few", async () => {
    const clerk = await startFakeClerk({ users: 15_000 });
    try {
      // Some seventy megabytes in all, of which a worker has forty when it starts: the pages would be more, were they kept.
      await desk.startBackfill(tenant, await begin());
      await start(clerk, 68);
      expect(await overBackfill()).toMatchObject({ status: "done", seen: 15_000 });
    } finally {
      await clerk.close();
    }
  }, 180_000);
});
