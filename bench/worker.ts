import { connectRedis, createIntake, type EventJob } from "@mara/queue";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { randomUUID } from "node:crypto";
import { countRecorded, type Bed } from "./measure/bed.ts";
import { cpuMs, residentBytes } from "./measure/process.ts";
import { drained, EVENTS, written } from "./measure/queue.ts";
import { alternate, type Figure } from "./measure/rounds.ts";
import { mb, ms, table } from "./measure/table.ts";
import { jobOf, traffic } from "./measure/traffic.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";

interface WorkerFigures {
  /** Jobs a second of a BullMQ worker that does nothing. */
  readonly ceiling: Figure;
  /** The least that commits the same deliveries with the same libraries: what the ratio would be with nothing else done. */
  readonly plain: Figure;
  /** Deliveries a second committed to Postgres, with history and identity. */
  readonly worker: Figure;
  /** CPU milliseconds of the worker process for a delivery. */
  readonly cpuPerDelivery: number;
  readonly resident: { readonly before: number; readonly after: number };
}

const BARE_QUEUE = { name: "bare", prefix: "{bare}" };

export const worker: Part = {
  title: "Worker: deliveries committed, against a BullMQ worker that does nothing",
  fires: false,
  measure: async ({ bed, short, alone }) => {
    const figures = await benchWorker(bed, short ? { jobs: 3_000, rounds: 1 } : { jobs: 20_000, rounds: 5 });
    alone.set("worker", figures.worker.median);
    const { ceiling, plain, worker, cpuPerDelivery, resident } = figures;
    return {
      ratios: { worker: worker.median / ceiling.median, plain: plain.median / ceiling.median },
      figures,
      said: [
        ...table([["idle BullMQ worker", ceiling], ["contact and event, batched", plain], ["worker, committed", worker]]),
        `CPU time: ${ms(cpuPerDelivery)} a delivery in the worker. Resident: ${mb(resident.before)} before, ${mb(resident.after)} after.`,
      ],
    };
  },
};

async function benchWorker(bed: Bed, options: { jobs: number; rounds: number }): Promise<WorkerFigures> {
  const redis = new Redis(bed.redis.url);
  const producer = connectRedis(bed.redis.url, "producer", () => undefined);
  const bare = new Queue(BARE_QUEUE.name, { connection: redis, prefix: BARE_QUEUE.prefix });
  let round = 0;
  let cpuPerDelivery = 0;
  let resident = { before: 0, after: 0 };

  /** Jobs added with `addBulk`, for a worker that is nothing but one. */
  async function runBare(path: string): Promise<number> {
    await redis.flushall();
    for (const batch of batches(jobsOf(bed, options.jobs, `i${round++}`))) {
      await bare.addBulk(batch.map((data) => ({ name: "event", data, opts: { jobId: randomUUID() } })));
    }
    await written(redis);
    const program = bed.program(path, { QUEUE: BARE_QUEUE.name, PREFIX: BARE_QUEUE.prefix, REDIS_URL: bed.redis.url });
    const perSecond = await drained(redis, `${BARE_QUEUE.prefix}:${BARE_QUEUE.name}`, options.jobs);
    await program.stop();
    return perSecond;
  }

  async function runPlain(): Promise<number> {
    await bed.store.pool.query("DROP TABLE IF EXISTS plain_contacts, plain_events");
    const perSecond = await runBare("bench/plain/worker.ts");
    const { rows } = await bed.store.pool.query<{ n: number }>("SELECT count(*)::int AS n FROM plain_events");
    expectCommitted(options.jobs, rows[0]?.n ?? 0);
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
    expectCommitted(options.jobs, await countRecorded(bed.store));
    return perSecond;
  }

  const [ceiling, plain, worker] = await alternate(
    [
      { name: "idle BullMQ worker", run: () => runBare("bench/ceilings/idle-worker.ts") },
      { name: "contact and event, batched", run: runPlain },
      { name: "worker", run: runWorker },
    ],
    options.rounds,
  );
  await bare.close();
  producer.disconnect();
  redis.disconnect();
  if (!ceiling || !plain || !worker) throw new Error("a contender did not run");
  return { ceiling, plain, worker, cpuPerDelivery, resident };
}

function expectCommitted(jobs: number, committed: number): void {
  if (committed !== jobs) throw new Error(`${jobs} jobs ran but ${committed} deliveries were committed`);
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let i = 0; i < items.length; i += 200) yield items.slice(i, i + 200);
}

function jobsOf(bed: Bed, count: number, seed: string): EventJob[] {
  return traffic(bed, count, "mapped", seed).map(jobOf);
}
