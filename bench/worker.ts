import { connectRedis, createIntake, type EventJob } from "@mara/queue";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { countRecorded, wipe, type Bed } from "./measure/bed.ts";
import { cpuMs, residentBytes } from "./measure/process.ts";
import { drained, EVENTS, written } from "./measure/queue.ts";
import { alternate, type Figure } from "./measure/rounds.ts";
import { mb, ms, table } from "./measure/table.ts";
import { jobOf, traffic } from "./measure/traffic.ts";
import type { Part } from "./part.ts";

interface WorkerFigures {
  /** Jobs a second of a BullMQ worker that does nothing. */
  readonly ceiling: Figure;
  /** Deliveries a second committed to Postgres, with history and identity. */
  readonly worker: Figure;
  /** CPU milliseconds of the worker process for a delivery. */
  readonly cpuPerDelivery: number;
  readonly resident: { readonly before: number; readonly after: number };
}

const IDLE_QUEUE = { name: "idle", prefix: "{idle}" };

export const worker: Part = {
  title: "Worker: deliveries committed, against a BullMQ worker that does nothing",
  fires: false,
  measure: async ({ bed, short, alone }) => {
    const figures = await benchWorker(bed, short ? { jobs: 3_000, rounds: 1 } : { jobs: 20_000, rounds: 5 });
    alone.set("worker", figures.worker.median);
    return {
      ratios: { worker: figures.worker.median / figures.ceiling.median },
      figures,
      said: [
        ...table([["idle BullMQ worker", figures.ceiling], ["worker, committed", figures.worker]]),
        `CPU time: ${ms(figures.cpuPerDelivery)} a delivery in the worker. Resident: ${mb(figures.resident.before)} before, ${mb(figures.resident.after)} after.`,
      ],
    };
  },
};

async function benchWorker(bed: Bed, options: { jobs: number; rounds: number }): Promise<WorkerFigures> {
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
    await written(redis);
    const program = bed.program("bench/ceilings/idle-worker.ts", {
      QUEUE: IDLE_QUEUE.name,
      PREFIX: IDLE_QUEUE.prefix,
      REDIS_URL: bed.redis.url,
    });
    const perSecond = await drained(redis, `${IDLE_QUEUE.prefix}:${IDLE_QUEUE.name}`, options.jobs);
    await program.stop();
    return perSecond;
  }

  async function runWorker(): Promise<number> {
    await redis.flushall();
    await wipe(bed.postgres.url);
    const intake = createIntake(producer, { shards: 1 });
    for (const batch of batches(jobsOf(bed, options.jobs, `w${round++}`))) await Promise.all(batch.map(intake.admit));
    await intake.close();
    await written(redis);
    const worker = await bed.app("worker");
    const [cpuBefore, before] = [cpuMs(worker.pid), residentBytes(worker.pid)];
    const perSecond = await drained(redis, EVENTS, options.jobs);
    cpuPerDelivery = (cpuMs(worker.pid) - cpuBefore) / options.jobs;
    resident = { before, after: residentBytes(worker.pid) };
    await worker.stop();
    const committed = await countRecorded(bed.store);
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
  return traffic(bed, count, "mapped", seed).map(jobOf);
}
