import type { JobsOptions, WorkerOptions } from "bullmq";
import { z } from "zod";
import { eventJob } from "./event-job.ts";

const DAY_SECONDS = 86_400;

/** The pauses in a row that a backfill made where it stands, and how many failures in a row it met there. */
const troubles = z.object({ waits: z.int().nonnegative(), failures: z.int().nonnegative() });

export type Troubles = Readonly<z.infer<typeof troubles>>;

export const NO_TROUBLES: Troubles = { waits: 0, failures: 0 };

/** `troubles` only while it rests: whoever takes it up again goes on counting there. */
export const backfillJob = z.object({ tenantId: z.string().min(1), backfillId: z.uuid(), troubles: troubles.optional() });

export type BackfillJob = Readonly<z.infer<typeof backfillJob>>;

/**
 * Every kind of job: what it carries, how it is retried, how long Redis keeps it when it is finished. The first two travel
 * with each job; the last is the worker's, so that no job carries it.
 */
export const catalogue = {
  event: {
    schema: eventJob,
    // From a second up to some four minutes, each cut by up to a half at random; eight and a half minutes in all at most.
    retries: { attempts: 10, backoff: { type: "exponential", delay: 1_000, jitter: 0.5 } },
    // Failed ones for the dashboard. The payload that a replay needs is in Postgres. How old they get, upkeep sees to: BullMQ would
    // go by the clock of the worker.
    keep: { removeOnComplete: { count: 0 }, removeOnFail: { count: 1_000 } },
  },
  backfill: {
    schema: backfillJob,
    retries: { attempts: 8, backoff: { type: "exponential", delay: 2_000, jitter: 0.5 } },
    keep: {
      removeOnComplete: { age: DAY_SECONDS, count: 100 },
      removeOnFail: { age: 14 * DAY_SECONDS, count: 100 },
    },
  },
  upkeep: {
    schema: z.object({}),
    // What failed runs again at its next time.
    retries: { attempts: 1 },
    keep: { removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } },
  },
} as const satisfies Record<string, Kind>;

interface Kind {
  readonly schema: z.ZodType;
  readonly retries: Pick<JobsOptions, "attempts" | "backoff">;
  readonly keep: Pick<WorkerOptions, "removeOnComplete" | "removeOnFail">;
}

/** How often an event's job is tried before it is given up. */
export const EVENT_ATTEMPTS = catalogue.event.retries.attempts;

/** How old failed event jobs get, with their bodies, where deliveries are listed for so long. */
export const FAILED_DAYS = 14;

/** For how long the ledger remembers an event, unless told otherwise. No provider sends one again after so long. */
export const LEDGER_HOURS = 14 * 24;
