import type { Queue } from "bullmq";
import { catalogue, FAILED_DAYS } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import { eventQueueNames, UPKEEP } from "./keys.ts";
import { openQueue } from "./queues.ts";
import { startWorker, type Workers } from "./start-worker.ts";
import { sweepPending, type GiveUp } from "./sweep-pending.ts";

export interface UpkeepWork {
  /**
   * Removes what is past its time. Runs every hour, once over all processes. `signal` fires when the process is about to
   * stop: what is thrown after that gives the job back, and it runs again at once elsewhere.
   */
  sweepOld(signal: AbortSignal): Promise<void>;
  /** As in `EventWork`: for jobs that were given up without anyone writing it down. */
  readonly failed: GiveUp;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

export interface UpkeepOptions {
  readonly shards: number;
  /** For how many days deliveries are listed: failed jobs, which hold their bodies, are kept no longer. */
  readonly deliveryDays: number;
  readonly lockDuration?: number;
  /** How often it is looked whether the schedule is still in force, in milliseconds. Default 60,000. */
  readonly lookEvery?: number;
}

/** How often each job of upkeep runs, in milliseconds. */
const SCHEDULE = { "sweep-old": 3_600_000, "sweep-pending": 60_000, "sweep-failed": 3_600_000 } as const;

/**
 * Scheduled work: every hour retention, and the failed jobs that are past their time; every minute the marks of pending
 * deliveries whose job is gone. A schedule that Redis had no room for, or has lost, is put in force again while this runs.
 * @param connection of purpose `worker`; a blocking connection of its own is made from it.
 */
export function workUpkeep(connection: RedisConnection, { shards, deliveryDays, lookEvery = 60_000, ...options }: UpkeepOptions, work: UpkeepWork): Workers {
  const failedMs = Math.min(FAILED_DAYS, deliveryDays) * 86_400_000;
  const queue = openQueue(connection, UPKEEP, catalogue.upkeep.retries);
  const events = eventQueueNames(shards).map((name) => openQueue(connection, name, catalogue.event.retries));
  const workers = startWorker(connection, UPKEEP, { concurrency: 1, ...options }, {
    kind: catalogue.upkeep,
    work: async (_nothing, _attempt, signal, { name }) => {
      if (name === "sweep-old") await work.sweepOld(signal);
      if (name === "sweep-pending") await sweepPending(connection, shards, work.failed, Date.now(), signal);
      if (name === "sweep-failed") await forgetFailed(connection, events, failedMs);
    },
    failed: async () => undefined,
    permanent: () => false,
    onError: (error) => work.onError(error),
  });
  const schedule = keepInForce(connection, queue, lookEvery, (error) => work.onError(error));
  return {
    ready: async () => {
      await workers.ready();
      await schedule.tried;
    },
    close: async () => {
      const over = schedule.close();
      await workers.close();
      await over;
      await Promise.all([queue, ...events].map((each) => each.close()));
    },
  };
}

/** BullMQ goes by the clock of this process: one that is ahead of Redis' must not make failed jobs older than they are. */
async function forgetFailed(connection: RedisConnection, events: readonly Queue[], olderThanMs: number): Promise<void> {
  const [seconds] = await connection.time();
  const ahead = Math.max(0, Date.now() - Number(seconds) * 1_000);
  for (const queue of events) await queue.clean(olderThanMs + ahead, catalogue.event.keep.removeOnFail.count, "failed");
}

/** `tried` resolves when the schedule was put in force for the first time, or could not be. */
function keepInForce(
  connection: RedisConnection,
  queue: Queue,
  lookEvery: number,
  onError: (error: Error) => void,
): { readonly tried: Promise<void>; close(): Promise<void> } {
  let isClosing = false;
  let looking: Promise<void> | null = null;

  async function look(put: typeof putInForce): Promise<void> {
    const told = (cause: unknown) => {
      if (!isClosing) onError(new Error("upkeep could not be scheduled", { cause }));
    };
    await Promise.all(Object.entries(SCHEDULE).map(([name, every]) => put(queue, name, every).catch(told)));
    looking = null;
  }

  const tried = (looking = look(putInForce));
  // One look at a time: while Redis is away, a look waits for it.
  const timer = setInterval(() => void (looking ??= look(keepOrPutInForce)), lookEvery).unref();
  return {
    tried,
    close: async () => {
      isClosing = true;
      clearInterval(timer);
      if (connection.status === "ready") await looking;
    },
  };
}

/**
 * Also where it stands: a process that starts may follow one that was killed with the job of a run in hand. But BullMQ would
 * keep a next run where it stands, and where a clock that was ahead put it nothing would run until then.
 */
async function putInForce(queue: Queue, name: string, every: number): Promise<void> {
  const known = await queue.getJobScheduler(name);
  if (isTooFarOff(known?.next, every)) await queue.removeJobScheduler(name);
  await queue.upsertJobScheduler(name, { every }, { name });
}

/**
 * What stands is left alone, since putting it in force anew replaces the job of its next run. One that should have run a whole
 * interval ago lost that job: BullMQ makes it when the one before begins, and Redis may have been full just then.
 */
async function keepOrPutInForce(queue: Queue, name: string, every: number): Promise<void> {
  const known = await queue.getJobScheduler(name);
  if (known?.every === every && (known.next ?? 0) > Date.now() - every && !isTooFarOff(known.next, every)) return;
  await putInForce(queue, name, every);
}

/** A run begins when the one before it does, so it is one interval off at most. Clocks may differ by one more. */
function isTooFarOff(next: number | undefined, every: number): boolean {
  return (next ?? 0) > Date.now() + 2 * every;
}
