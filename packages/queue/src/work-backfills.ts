import { catalogue, type BackfillJob } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import { BACKFILLS } from "./keys.ts";
import { startWorker, type WorkerOptions, type Workers } from "./start-worker.ts";

export interface BackfillWork {
  /**
   * Runs a backfill from where it stands. `signal` fires when the process is about to stop: what is thrown after that
   * gives the job back as it was.
   */
  work(job: BackfillJob, attempt: number, signal: AbortSignal): Promise<void>;
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
    work: (job, attempt, signal) => work.work(job, attempt, signal),
    failed: (job, reason) => work.failed(job, reason),
    permanent: (error) => work.permanent(error),
    onError: (error) => work.onError(error),
  });
}
