import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import type { Workers } from "./work-events.ts";

export interface UpkeepWork {
  /** Removes what is past its time. Runs every hour, once over all processes. */
  sweepOld(): Promise<void>;
  /** As in `EventWork`: for jobs that were given up without anyone writing it down. */
  failed(job: EventJob, reason: string): Promise<void>;
  onError(error: Error): void;
}

/** Scheduled work: retention every hour, and every minute the marks of pending deliveries whose job is gone. */
export function workUpkeep(
  connection: RedisConnection,
  options: { readonly shards: number; readonly lockDuration?: number },
  work: UpkeepWork,
): Workers {
  throw new Error(`not yet: ${connection.status} ${options.shards} ${work.toString()}`);
}
