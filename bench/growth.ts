import { connectRedis, createIntake } from "@mara/queue";
import { Redis } from "ioredis";
import { countRecorded, type Bed } from "./measure/bed.ts";
import { crowd } from "./measure/crowd.ts";
import { fire, MOST_PER_SECOND } from "./measure/load.ts";
import { drained, EVENTS, unfinished, written } from "./measure/queue.ts";
import { figure } from "./measure/rounds.ts";
import { number } from "./measure/table.ts";
import { jobOf, shotsOf, traffic } from "./measure/traffic.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";

interface Size {
  readonly contacts: number;
  readonly events: number;
  readonly waiting: number;
  /** Rounds, the seconds of each for ingest, and its jobs for the worker. */
  readonly rounds: number;
  readonly seconds: number;
  readonly jobs: number;
}

const WHOLE: Size = { contacts: 1_000_000, events: 5_000_000, waiting: 500_000, rounds: 4, seconds: 5, jobs: 20_000 };
const SHORT: Size = { contacts: 2_000, events: 10_000, waiting: 2_000, rounds: 1, seconds: 2, jobs: 2_000 };

/** The same work on empty stores and on full ones. */
export const growth: Part = {
  title: "Growth: ingest and worker on full stores, against the same on empty ones",
  fires: true,
  measure: async ({ bed, short }) => {
    const size = short ? SHORT : WHOLE;
    const before = await ratesOnEmpty(bed, size);
    await crowd(bed, size);
    const full = { ingest: figure(await ingestRates(bed, size, size.waiting)), worker: figure(await workerRates(bed, size, size.waiting)) };
    // Before and after: a machine that others use too may be a third faster or slower a quarter of an hour later.
    const after = await ratesOnEmpty(bed, size);
    const empty = { ingest: figure([...before.ingest, ...after.ingest]), worker: figure([...before.worker, ...after.worker]) };
    const ratios = { ingest: full.ingest.median / empty.ingest.median, worker: full.worker.median / empty.worker.median };
    return {
      ratios,
      figures: { size, empty, full },
      said: [
        `With ${number(size.contacts)} contacts, ${number(size.events)} events and ${number(size.waiting)} jobs waiting:`,
        `ingest ${number(full.ingest.median)} a second, ${ratios.ingest.toFixed(2)} of ${number(empty.ingest.median)} on empty stores;`,
        `worker ${number(full.worker.median)} a second, ${ratios.worker.toFixed(2)} of ${number(empty.worker.median)}.`,
      ],
    };
  },
};

let volleys = 0;

async function ratesOnEmpty(bed: Bed, size: Size): Promise<{ ingest: number[]; worker: number[] }> {
  await wipe(bed.postgres.url);
  const rates = { ingest: await ingestRates(bed, size, 0), worker: await workerRates(bed, size, 0) };
  await wipe(bed.postgres.url);
  return rates;
}

async function ingestRates(bed: Bed, { rounds, seconds }: Size, waiting: number): Promise<number[]> {
  await fillQueue(bed, waiting);
  const ingest = await bed.app("ingest");
  const rates: number[] = [];
  try {
    // The first one warms up.
    for (let round = 0; round <= rounds; round++) {
      const shots = shotsOf(bed, traffic(bed, MOST_PER_SECOND * seconds, "mapped", `g${volleys++}`));
      const { perSecond } = await fire(ingest.port, shots, { seconds });
      if (round > 0) rates.push(perSecond);
    }
  } finally {
    await ingest.stop();
  }
  return rates;
}

/** From the moment the worker has begun, how fast it works off the first `jobs` of what waits. */
async function workerRates(bed: Bed, { rounds, jobs }: Size, waiting: number): Promise<number[]> {
  const redis = new Redis(bed.redis.url);
  const rates: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      await fillQueue(bed, waiting + jobs);
      const before = await countRecorded(bed.store);
      const start = await unfinished(redis, EVENTS);
      const worker = await bed.app("worker");
      const perSecond = await drained(redis, EVENTS, start, jobs);
      if (round > 0) rates.push(perSecond);
      await worker.stop();
      const committed = (await countRecorded(bed.store)) - before;
      if (committed < jobs * 0.9) throw new Error(`only ${committed} deliveries were committed`);
    }
  } finally {
    redis.disconnect();
  }
  return rates;
}

const AT_ONCE = 500;

/** Puts jobs on the queue until so many wait. */
async function fillQueue(bed: Bed, waiting: number): Promise<void> {
  const redis = new Redis(bed.redis.url);
  const producer = connectRedis(bed.redis.url, "producer", () => undefined);
  const intake = createIntake(producer, { shards: 1 });
  try {
    if (waiting === 0) await redis.flushall();
    const there = await unfinished(redis, EVENTS);
    for (let left = waiting - there; left > 0; left -= AT_ONCE) {
      await Promise.all(traffic(bed, Math.min(AT_ONCE, left), "mapped", `f${volleys++}`).map((sent) => intake.admit(jobOf(sent))));
    }
    await written(redis);
  } finally {
    await intake.close();
    producer.disconnect();
    redis.disconnect();
  }
}
