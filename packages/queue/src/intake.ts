import type { EventJob } from "./event-job.ts";
import type { RedisConnection } from "./connection.ts";
import type { Trace } from "./trace.ts";

/** Redis did not take the job, or not in time. The provider will send the delivery again. */
export class QueueUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super("the queue is unavailable", options);
    this.name = "QueueUnavailable";
  }
}

export interface Intake {
  /**
   * Puts a delivery on its queue, once for each event. Resolves when Redis has it: `duplicate` where this tenant's event
   * was queued before. Throws `QueueUnavailable` within a second where Redis does not take it.
   */
  admit(job: EventJob): Promise<"queued" | "duplicate">;
  /** Notes a delivery that leaves no job. Never waits, never fails. */
  trace(trace: Omit<Trace, "count">): void;
  /** Writes out the traces noted so far. */
  flush(): Promise<void>;
  /** Waits for what is in hand and writes out the traces. The connection stays open. */
  close(): Promise<void>;
}

export interface IntakeOptions {
  /** How many event queues there are. The same number everywhere. */
  readonly shards: number;
}

export function createIntake(producer: RedisConnection, options: IntakeOptions): Intake {
  throw new Error(`not yet: ${producer.status} ${options.shards}`);
}
