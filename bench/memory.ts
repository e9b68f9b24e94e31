import { Redis } from "ioredis";
import { setTimeout as pause } from "node:timers/promises";
import { joinedLater } from "./measure/joined-later.ts";
import { fire } from "./measure/load.ts";
import { residentBytes } from "./measure/process.ts";
import { EVENTS, unfinished } from "./measure/queue.ts";
import { mb } from "./measure/table.ts";
import { shotsOf, traffic } from "./measure/traffic.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";

interface Sample {
  readonly second: number;
  readonly ingest: number;
  readonly worker: number;
  readonly waiting: number;
}

/** Well below what any machine keeps up, so that what grows does not grow because of a backlog. */
const PER_SECOND = 500;
const EVERY_S = 5;

/** Whether ten minutes of load leave the processes as large as one does. */
export const memory: Part = {
  title: `Memory: resident bytes over ten minutes at ${PER_SECOND} deliveries a second`,
  fires: true,
  measure: async ({ bed, short }) => {
    const [minutes, seconds] = short ? [2, 5] : [10, 60];
    await wipe(bed.postgres.url);
    const redis = new Redis(bed.redis.url);
    await redis.flushall();
    const [ingest, worker] = [await bed.app("ingest"), await bed.app("worker")];
    const samples: Sample[] = [];
    let isOver = false;
    const began = performance.now();
    const sampling = joinedLater((async () => {
      while (!isOver) {
        const second = Math.round((performance.now() - began) / 1_000);
        samples.push({ second, ingest: residentBytes(ingest.pid), worker: residentBytes(worker.pid), waiting: await unfinished(redis, EVENTS) });
        await pause(EVERY_S * 1_000);
      }
    })());
    try {
      // Signed a minute at a time: a signature is good for five.
      for (let minute = 0; minute < minutes; minute++) {
        const shots = shotsOf(bed, traffic(bed, PER_SECOND * seconds * 1.05, "mapped", `m${minute}`));
        await fire(ingest.port, shots, { seconds, perSecond: PER_SECOND });
      }
      isOver = true;
      await sampling;
    } finally {
      isOver = true;
      // What it failed with was told above, or is the lesser trouble.
      await sampling.catch(() => undefined);
      await Promise.all([ingest.stop(), worker.stop()]);
      redis.disconnect();
    }
    const fifth = Math.max(1, Math.floor(samples.length / 5));
    const mean = (part: readonly Sample[], of: "ingest" | "worker") => part.reduce((sum, sample) => sum + sample[of], 0) / part.length;
    const [early, late] = [samples.slice(fifth, 2 * fifth), samples.slice(-fifth)];
    const figures = {
      perSecond: PER_SECOND,
      ingest: { early: mean(early, "ingest"), late: mean(late, "ingest") },
      worker: { early: mean(early, "worker"), late: mean(late, "worker") },
      samples,
    };
    const { ingest: ofIngest, worker: ofWorker } = figures;
    return {
      ratios: { ingest: ofIngest.late / ofIngest.early, worker: ofWorker.late / ofWorker.early },
      figures,
      said: [
        `Second fifth of the time against the last: ingest ${mb(figures.ingest.early)} and ${mb(figures.ingest.late)}, worker ${mb(figures.worker.early)} and ${mb(figures.worker.late)}.`,
      ],
    };
  },
};
