import { DelayedError, type Job } from "bullmq";
import { catalogue, type BackfillJob, type Troubles } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import { BACKFILLS } from "./keys.ts";
import { startWorker, type WorkerOptions, type Workers } from "./start-worker.ts";

/** A backfill that can't go on for a while. Its job takes nobody's place meanwhile, and uses up no attempt. */
export interface BackfillRest {
  readonly waitMs: number;
  readonly troubles: Troubles;
}

export interface BackfillWork {
  /**
   * Runs a backfill from where it stands, to its end (null) or until it has to rest. `signal` fires when the process is
   * about to stop: what is thrown after that gives the job back as it was.
   */
  work(job: BackfillJob, attempt: number, signal: AbortSignal): Promise<BackfillRest | null>;
  /** Writes down that a backfill was given up. May run more than once. */
  failed(job: BackfillJob, reason: string): Promise<void>;
  /** Whether retrying is no use. The message of such an error becomes the reason. */
  permanent(error: unknown): boolean;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

/** @param connection of purpose `worker`; a blocking connection of its own is made from it. */
export function workBackfills(connection: RedisConnection, options: WorkerOptions, work: BackfillWork): Workers {
  return startWorker(connection, BACKFILLS, options, {
    kind: catalogue.backfill,
    work: async (payload, attempt, signal, job) => {
      const { troubles, ...asBegun } = payload;
      // Killed after some pages, it would count on from troubles long past.
      if (troubles) await job.updateData(asBegun);
      const rest = await work.work(payload, attempt, signal);
      if (rest) await giveBack(job, asBegun, rest);
    },
    failed: (job, reason) => work.failed(job, reason),
    permanent: (error) => work.permanent(error),
    onError: (error) => work.onError(error),
  });
}

/** What it takes to give a job back, and more. */
const GIVING_BACK_MS = 15_000;

async function giveBack(job: Job, payload: BackfillJob, { waitMs, troubles }: BackfillRest): Promise<never> {
  // Who gave no sign of life for too long has lost it to another process, which must not inherit these troubles, and whose
  // work must not be given up because this one could not give the job back.
  if ((await job.extendLock(job.token ?? "", GIVING_BACK_MS)) !== 1) throw new DelayedError();
  await job.updateData({ ...payload, troubles });
  await job.moveToDelayed(Date.now() + waitMs, job.token);
  throw new DelayedError();
}
