import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";

export interface EventWork {
  /**
   * Does the work of one job; may run more than once for the same job. Resolves when its effects are committed: the
   * delivery is then no longer pending. `attempt` counts from 1.
   */
  work(job: EventJob, attempt: number): Promise<void>;
  /** Writes down that a job was given up. May run more than once for the same job. */
  failed(job: EventJob, reason: string): Promise<void>;
  /** Whether retrying is no use. The message of such an error becomes the reason and must hold nothing of the payload. */
  permanent(error: unknown): boolean;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

export interface EventWorkOptions {
  readonly shards: number;
  /** Jobs in hand at once, over all shards. */
  readonly concurrency: number;
  /** After how many milliseconds without a sign of life a job is given to another worker. Default 30,000. */
  readonly lockDuration?: number;
}

/** Workers in motion. */
export interface Workers {
  /** Resolves when all of them are connected. */
  ready(): Promise<void>;
  /** Takes no more jobs, waits for those in hand; work that fails while closing goes back to the queue as it was. */
  close(): Promise<void>;
}

export function workEvents(connection: RedisConnection, options: EventWorkOptions, work: EventWork): Workers {
  throw new Error(`not yet: ${connection.status} ${options.shards} ${work.toString()}`);
}
