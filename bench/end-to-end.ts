import { Redis } from "ioredis";
import { setTimeout as pause } from "node:timers/promises";
import { ingest as ingestPart } from "./ingest.ts";
import { countRecorded, type Bed, type RunningProgram } from "./measure/bed.ts";
import { joinedLater } from "./measure/joined-later.ts";
import { latencyOf } from "./measure/latency.ts";
import { fire } from "./measure/load.ts";
import { cpuMs } from "./measure/process.ts";
import { EVENTS, unfinished, workedOff } from "./measure/queue.ts";
import { slowerAlone } from "./measure/slower-alone.ts";
import { ms, number } from "./measure/table.ts";
import { shotsOf, traffic } from "./measure/traffic.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";
import { worker as workerPart } from "./worker.ts";

interface Sustained {
  readonly perSecond: number;
  readonly seconds: number;
  /** Jobs that waited at a third of the time and at its end. */
  readonly waiting: { readonly early: number; readonly late: number };
}

/** A rate that was not kept up is tried again by so much less. */
const STEP_DOWN = 0.88;
/** So much of a second's load may wait more at the end than at a third of the time: a batch that is under way. */
const SWAY = 0.5;

/** Everything on one machine: the load, ingest, Redis, the worker and Postgres. */
export const endToEnd: Part = {
  title: "End to end: webhooks a second, from the socket to the commit, that one machine keeps up",
  fires: true,
  measure: async (run) => {
    const { bed, short, alone } = run;
    const parts = { ingest: ingestPart, worker: workerPart };
    const slower = await slowerAlone(alone, (part) => parts[part].measure(run));
    const [ingest, worker] = [await bed.app("ingest"), await bed.app("worker")];
    try {
      const sustained = await highestSustained(bed, ingest, slower, short ? { probe: 4, whole: 4 } : { probe: 15, whole: 60 });
      const cpu = await cpuOf(bed, { ingest, worker }, sustained.perSecond, short ? 4 : 15);
      const latency = await latencyOf(bed, ingest, { perSecond: Math.ceil(sustained.perSecond / 5), seconds: short ? 3 : 15 });
      const share = sustained.perSecond / slower;
      return {
        ratios: { ofSlowerPart: share },
        figures: { sustained, cpuMsADelivery: cpu, latency },
        said: [
          `${number(sustained.perSecond)} a second for ${sustained.seconds} s, ${share.toFixed(2)} of the slower part alone; waiting jobs ${number(sustained.waiting.early)} early and ${number(sustained.waiting.late)} late.`,
          `CPU time a webhook: ingest ${ms(cpu.ingest)}, worker ${ms(cpu.worker)}, Redis ${ms(cpu.redis)}, Postgres ${ms(cpu.postgres)}.`,
          `From acknowledgement to commit at ${number(latency.perSecond)} a second: p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}.`,
        ],
      };
    } finally {
      await Promise.all([ingest.stop(), worker.stop()]);
    }
  },
};

async function highestSustained(
  bed: Bed,
  ingest: RunningProgram,
  from: number,
  seconds: { readonly probe: number; readonly whole: number },
): Promise<Sustained> {
  for (let perSecond = Math.round(from); perSecond > 50; perSecond = Math.round(perSecond * STEP_DOWN)) {
    if (!(await sustain(bed, ingest, perSecond, seconds.probe))) continue;
    const whole = await sustain(bed, ingest, perSecond, seconds.whole);
    if (whole) return whole;
  }
  throw new Error("no rate was sustained");
}

let loads = 0;

/** Null where the rate was not reached, or the queue grew. */
async function sustain(bed: Bed, ingest: RunningProgram, perSecond: number, seconds: number): Promise<Sustained | null> {
  await wipe(bed.postgres.url);
  const redis = new Redis(bed.redis.url);
  try {
    const shots = shotsOf(bed, traffic(bed, Math.ceil(perSecond * seconds * 1.05), "mapped", `e${loads++}`));
    const firing = joinedLater(fire(ingest.port, shots, { seconds, perSecond }));
    await pause((seconds / 3) * 1_000);
    const early = await unfinished(redis, EVENTS);
    const fired = await firing;
    const late = await unfinished(redis, EVENTS);
    await workedOff(redis, EVENTS);
    const committed = await countRecorded(bed.store);
    if (committed < fired.answered) throw new Error(`${fired.answered} were acknowledged but ${committed} committed`);
    const kept = fired.perSecond >= perSecond * 0.97 && late <= early + perSecond * SWAY;
    return kept ? { perSecond: Math.round(fired.perSecond), seconds, waiting: { early, late } } : null;
  } finally {
    redis.disconnect();
  }
}

/** CPU milliseconds a delivery of each program, at a steady rate. */
async function cpuOf(
  bed: Bed,
  { ingest, worker }: { readonly ingest: RunningProgram; readonly worker: RunningProgram },
  perSecond: number,
  seconds: number,
): Promise<Record<"ingest" | "worker" | "redis" | "postgres", number>> {
  const pids = { ingest: ingest.pid, worker: worker.pid, redis: bed.redis.process.pid ?? 0, postgres: bed.postgres.process.pid ?? 0 };
  const used = () => ({ ingest: cpuMs(pids.ingest), worker: cpuMs(pids.worker), redis: cpuMs(pids.redis), postgres: cpuMs(pids.postgres) });
  const before = used();
  const sustained = await sustain(bed, ingest, perSecond, seconds);
  const after = used();
  const deliveries = (sustained?.perSecond ?? perSecond) * seconds;
  return {
    ingest: (after.ingest - before.ingest) / deliveries,
    worker: (after.worker - before.worker) / deliveries,
    redis: (after.redis - before.redis) / deliveries,
    postgres: (after.postgres - before.postgres) / deliveries,
  };
}
