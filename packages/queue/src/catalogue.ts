import type { JobsOptions } from "bullmq";
import { z } from "zod";
import { eventJob } from "./event-job.ts";

const DAY_SECONDS = 86_400;

export const backfillJob = z.object({ tenantId: z.string().min(1), backfillId: z.uuid() });

export type BackfillJob = Readonly<z.infer<typeof backfillJob>>;

/** Every kind of job: what it carries, how it is retried, how long Redis keeps it. */
export const catalogue = {
  event: {
    schema: eventJob,
    options: {
      attempts: 10,
      // From a second up to some four minutes, each cut by up to a half at random; nine minutes at most in all.
      backoff: { type: "exponential", delay: 1_000, jitter: 0.5 },
      removeOnComplete: true,
      // For the dashboard. The payload that a replay needs is in Postgres.
      removeOnFail: { age: 14 * DAY_SECONDS, count: 1_000 },
    },
  },
  backfill: {
    schema: backfillJob,
    options: {
      attempts: 8,
      backoff: { type: "exponential", delay: 2_000, jitter: 0.5 },
      removeOnComplete: { age: DAY_SECONDS, count: 100 },
      removeOnFail: { age: 14 * DAY_SECONDS, count: 100 },
    },
  },
  upkeep: {
    schema: z.object({}),
    // What failed runs again at its next time.
    options: { attempts: 1, removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } },
  },
} as const satisfies Record<string, { readonly schema: z.ZodType; readonly options: JobsOptions }>;

/** For how long the ledger remembers an event. No provider sends one again after so long. */
export const LEDGER_MS = 14 * DAY_SECONDS * 1_000;
