import type { RedisConnection } from "./connection.ts";
import type { Workers } from "./work-events.ts";
import { z } from "zod";

export const backfillJob = z.object({ tenantId: z.string().min(1), backfillId: z.uuid() });

export type BackfillJob = Readonly<z.infer<typeof backfillJob>>;

export interface BackfillWork {
  /**
   * Runs a backfill from where it stands. `signal` fires when the process is about to stop: what is thrown after that
   * gives the job back as it was.
   */
  work(job: BackfillJob, attempt: number, signal: AbortSignal): Promise<void>;
  /** Writes down that a backfill was given up. May run more than once. */
  failed(job: BackfillJob, reason: string): Promise<void>;
  permanent(error: unknown): boolean;
  onError(error: Error): void;
}

export interface BackfillWorkOptions {
  /** Backfills at once in this process. */
  readonly concurrency: number;
  readonly lockDuration?: number;
}

export function workBackfills(connection: RedisConnection, options: BackfillWorkOptions, work: BackfillWork): Workers {
  throw new Error(`not yet: ${connection.status} ${options.concurrency} ${work.toString()}`);
}
