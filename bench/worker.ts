import { connectors } from "@mara/connectors";
import { connectRedis, createIntake, type EventJob } from "@mara/queue";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { countOf, wipe, type Bed } from "./measure/bed.ts";
import { cpuMs, residentBytes } from "./measure/process.ts";
import { alternate, type Figure } from "./measure/rounds.ts";
import { traffic, type Sent } from "./measure/traffic.ts";

export interface WorkerFigures {
  /** Jobs a second of a BullMQ worker that does nothing. */
  readonly ceiling: Figure;
  /** Deliveries a second committed to Postgres, with history and identity. */
  readonly worker: Figure;
  /** CPU milliseconds of the worker process for a delivery. */
  readonly cpuPerDelivery: number;
  readonly resident: { readonly before: number; readonly after: number };
}

const IDLE_QUEUE = { name: "idle", prefix: "{idle}" };

export async function benchWorker(bed: Bed, options: { jobs: number; rounds: number }): Promise<WorkerFigures> {
  const redis = new Redis(bed.redis.url);
  const producer = connectRedis(bed.redis.url, "producer", () => undefined);
  const idle = new Queue(IDLE_QUEUE.name, { connection: redis, prefix: IDLE_QUEUE.prefix });
  let round = 0;
  let cpuPerDelivery = 0;
  let resident = { before: 0, after: 0 };

  async function runIdle(): Promise<number> {
    await redis.flushall();
    for (const batch of batches(jobsOf(bed, options.jobs, `i${round++}`))) {
      await idle.addBulk(batch.map((data) => ({ name: "event", data, opts: { jobId: randomUUID() } })));
    }
    const program = bed.program("bench/ceilings/idle-worker.ts", {
      QUEUE: IDLE_QUEUE.name,
      PREFIX: IDLE_QUEUE.prefix,
      REDIS_URL: bed.redis.url,
    });
    const perSecond = await drained(redis, options.jobs);
    await program.stop();
    return perSecond;
  }

  async function runWorker(): Promise<number> {
    await redis.flushall();
    await wipe(bed.postgres.url);
    const intake = createIntake(producer, { shards: 1 });
    for (const batch of batches(jobsOf(bed, options.jobs, `w${round++}`))) await Promise.all(batch.map(intake.admit));
    await intake.close();
    const worker = await bed.app("worker");
    const [cpuBefore, before] = [cpuMs(worker.pid), residentBytes(worker.pid)];
    const perSecond = await drained(redis, options.jobs);
    cpuPerDelivery = (cpuMs(worker.pid) - cpuBefore) / options.jobs;
    resident = { before, after: residentBytes(worker.pid) };
    await worker.stop();
    const committed = await countOf(bed.store, "SELECT count(*) AS n FROM deliveries WHERE outcome IN ('processed', 'ignored')");
    if (committed !== options.jobs) throw new Error(`${options.jobs} jobs ran but ${committed} deliveries were committed`);
    return perSecond;
  }

  const [ceiling, worker] = await alternate(
    [
      { name: "idle BullMQ worker", run: runIdle },
      { name: "worker", run: runWorker },
    ],
    options.rounds,
  );
  await idle.close();
  producer.disconnect();
  redis.disconnect();
  if (!ceiling || !worker) throw new Error("a contender did not run");
  return { ceiling, worker, cpuPerDelivery, resident };
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let i = 0; i < items.length; i += 200) yield items.slice(i, i + 200);
}

function jobsOf(bed: Bed, count: number, seed: string): EventJob[] {
  return traffic(bed, count, "mapped", seed).map((sent) => jobOf(sent));
}

export function jobOf({ provider, tenantId, sample }: Sent): EventJob {
  const receivedAt = Date.now();
  // What ingest keeps of the body: the connector's own reading of it.
  const kept = connectors[provider].read({ id: sample.id, body: sample.body, receivedAt });
  return {
    tenantId,
    provider,
    deliveryId: uuid(),
    eventId: kept.id,
    eventType: kept.type,
    receivedAt,
    body: sample.body,
    secretId: null,
    requestId: null,
    dedupe: true,
    replay: false,
  };
}

/** How many jobs a second were worked off, from the first to the last: the time that a process takes to start is not in it. */
async function drained(redis: Redis, jobs: number): Promise<number> {
  let began: { at: number; left: number } | null = null;
  for (;;) {
    const left = await unfinished(redis);
    const now = performance.now();
    if (began === null && left < jobs) began = { at: now, left };
    if (left === 0) return ((began?.left ?? jobs) / (now - (began?.at ?? now))) * 1_000;
    await pause(10);
  }
}

async function unfinished(redis: Redis): Promise<number> {
  const keys = ["{idle}:idle", "{mara:events-0}:events-0"];
  const counts = await Promise.all(
    keys.flatMap((key) => [redis.llen(`${key}:wait`), redis.llen(`${key}:active`), redis.zcard(`${key}:prioritized`), redis.zcard(`${key}:delayed`)]),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
