import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { connectRedis, createDesk, workBackfills, type Desk, type RedisConnection, type Workers } from "@mara/queue";
import { finishBackfill, saveIntegration, startBackfill, type Store } from "@mara/store";
import { eventually } from "../../../../test/support/eventually.ts";
import { freshRedis } from "../../../../test/support/services.ts";
import { newTenant, testLog, testStore } from "../../test/store.ts";
import { reviveBackfills } from "./revive.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let producer: RedisConnection;
let connection: RedisConnection;
let desk: Desk;
let tenant: string;
let backfillId: string;

beforeAll(async () => {
  [redis, database] = await Promise.all([freshRedis(), testStore()]);
  store = database.store;
  producer = connectRedis(redis.url, "producer", () => undefined);
  connection = connectRedis(redis.url, "worker", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  desk = createDesk(producer, { shards: 1 });
});
afterAll(async () => {
  await desk.close();
  producer.disconnect();
  connection.disconnect();
  await Promise.all([database.close(), redis.stop()]);
});
beforeEach(async () => {
  await producer.flushall();
  await store.pool.query("DELETE FROM backfills");
  tenant = await newTenant(store);
  await saveIntegration(store, tenant, "clerk", { apiKey: "sk_test_fake" });
  const start = await startBackfill(store, tenant);
  if (start.kind === "no_api_key") throw new Error("the backfill has no API key");
  backfillId = start.backfill.id;
});

/** Works the queue of backfills; what `work` throws gives a job up, and nobody writes that down. */
function working(work: (id: string) => void): Workers {
  return workBackfills(connection, { concurrency: 1 }, {
    work: async (job) => {
      work(job.backfillId);
      return null;
    },
    failed: async () => undefined,
    permanent: () => true,
    onError: () => undefined,
  });
}

/** One look for backfills without a job. */
async function look(): Promise<void> {
  await reviveBackfills(store, desk, testLog().log).close();
}

async function worked(): Promise<string[]> {
  const seen: string[] = [];
  const workers = working((id) => void seen.push(id));
  await eventually(() => desk.queues[1]?.getJobCounts("wait", "active"), (counts) => counts?.wait === 0 && counts.active === 0);
  await workers.close();
  return seen;
}

async function giveUp(): Promise<void> {
  await desk.startBackfill(tenant, backfillId);
  const workers = working(() => {
    throw new Error("the process was killed before it wrote this down");
  });
  await eventually(() => desk.queues[1]?.getFailedCount(), (count) => count === 1);
  await workers.close();
}

it("a backfill whose job was never added, or is gone, is worked", async () => {
  await look();
  expect(await worked()).toEqual([backfillId]);
});

it("a backfill without a job is worked soon, where it could not be looked for at first", async () => {
  const { log, said } = testLog();
  await store.pool.query("ALTER TABLE backfills RENAME TO backfills_away");
  const revival = reviveBackfills(store, desk, log);
  await eventually(said, (lines) => lines.length === 1);
  await store.pool.query("ALTER TABLE backfills_away RENAME TO backfills");
  await eventually(() => desk.queues[1]?.getWaitingCount(), (count) => count === 1);
  await revival.close();
  expect(await worked()).toEqual([backfillId]);
});

it("a backfill whose job was given up, and does not say so itself, is worked", async () => {
  await giveUp();
  await look();
  expect(await worked()).toEqual([backfillId]);
});

it("a backfill whose job waits is worked once", async () => {
  await desk.startBackfill(tenant, backfillId);
  await look();
  expect(await worked()).toEqual([backfillId]);
});

it("a backfill that is over stays over", async () => {
  await giveUp();
  await finishBackfill(store, backfillId, { status: "failed", error: "it was given up" });
  await look();
  expect(await worked()).toEqual([]);
});
