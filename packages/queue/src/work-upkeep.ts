import { catalogue } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import { UPKEEP } from "./keys.ts";
import { openQueue } from "./queues.ts";
import { startWorker, type Workers } from "./start-worker.ts";
import { sweepPending, type GiveUp } from "./sweep-pending.ts";

export interface UpkeepWork {
  /** Removes what is past its time. Runs every hour, once over all processes. */
  sweepOld(): Promise<void>;
  /** As in `EventWork`: for jobs that were given up without anyone writing it down. */
  readonly failed: GiveUp;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

export interface UpkeepOptions {
  readonly shards: number;
  readonly lockDuration?: number;
}

/** How often each job of upkeep runs, in milliseconds. */
const SCHEDULE = { "sweep-old": 3_600_000, "sweep-pending": 60_000 } as const;

/**
 * Scheduled work: retention every hour, and every minute the marks of pending deliveries whose job is gone.
 * @param connection of purpose `worker`; a blocking connection of its own is made from it.
 */
export function workUpkeep(connection: RedisConnection, { shards, ...options }: UpkeepOptions, work: UpkeepWork): Workers {
  const queue = openQueue(connection, UPKEEP, catalogue.upkeep.retries);
  const workers = startWorker(connection, UPKEEP, { concurrency: 1, ...options }, {
    kind: catalogue.upkeep,
    work: async (_nothing, _attempt, _signal, { name }) => {
      if (name === "sweep-old") await work.sweepOld();
      if (name === "sweep-pending") await sweepPending(connection, shards, work.failed, Date.now());
    },
    failed: async () => undefined,
    permanent: () => false,
    onError: (error) => work.onError(error),
  });
  const scheduled = Promise.all(
    Object.entries(SCHEDULE).map(([name, every]) => queue.upsertJobScheduler(name, { every }, { name })),
  );
  scheduled.catch((cause: unknown) => work.onError(new Error("upkeep could not be scheduled", { cause })));
  return {
    ready: async () => {
      await workers.ready();
      await scheduled;
    },
    close: async () => {
      await workers.close();
      await queue.close();
    },
  };
}
