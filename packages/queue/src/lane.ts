import { createIORedisClient, Job, type IRedisTransaction, type Queue } from "bullmq";
import type { Admitted } from "./admission.ts";
import { catalogue } from "./catalogue.ts";
import { runAll, type RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { ledgerId, pendingIndexKey } from "./keys.ts";
import { markCommand, markOf, unmarkCommand, type Mark } from "./pending.ts";
import type { Pressure } from "./pressure.ts";
import { QueueUnavailable, refusedBy } from "./queue-unavailable.ts";
import { openQueue } from "./queues.ts";
import { runReplicated, runTransaction, type Answer, type Done } from "./transaction.ts";

/** A delivery that waits to be put on its queue. One of the two is called, once. */
export interface Held {
  readonly job: EventJob;
  readonly bytes: number;
  resolve(admitted: Admitted): void;
  reject(refusal: QueueUnavailable): void;
}

export interface LaneOptions {
  readonly pressure: Pressure;
  /** How many replicas must have a delivery, beside the primary, before it counts as queued. */
  readonly replicas: number;
  /** For how long the ledger remembers an event. */
  readonly ledgerMs: number;
  /** Hears of each batch once all of it was resolved or rejected. */
  readonly onSettled: (batch: readonly Held[]) => void;
}

/** The way onto one event queue. */
export interface Lane {
  put(held: Held): void;
  /** Lets the queue go. Wait until nothing is held. */
  close(): Promise<void>;
}

const MOST_IN_A_BATCH = 100;
/** A batch that is still under way then is given up, whatever keeps it: its lane must not stay blocked. */
const STUCK_MS = 5_000;
/** While one batch is with Redis the next is made; what comes meanwhile gathers, and shares the next round trip. */
const BATCHES_AT_ONCE = 2;

/**
 * To look in the ledger, to add the job and to mark the event as seen is one script of BullMQ's: its deduplication, with a
 * time to live. Nothing can come between the three.
 */
export function createLane(producer: RedisConnection, name: string, options: LaneOptions): Lane {
  const { pressure, replicas, ledgerMs, onSettled } = options;
  const client = createIORedisClient(producer);
  const queue = openQueue(producer, name, catalogue.event.retries);
  const waiting: Held[] = [];
  let underWay = 0;

  function dispatch(): void {
    while (waiting.length > 0 && underWay < BATCHES_AT_ONCE) {
      const batch = waiting.splice(0, MOST_IN_A_BATCH);
      underWay++;
      void send(batch).then(() => {
        underWay--;
        onSettled(batch);
        dispatch();
      });
    }
  }

  /** Never rejects. */
  async function send(batch: readonly Held[]): Promise<void> {
    const marks = batch.map(({ job }) => markOf(name, job, job.deliveryId));
    try {
      const { answers, isReplicated } = await within(STUCK_MS, run(batch, marks));
      const [counts, ...added] = answers;
      note(marks, counts);
      settle(batch, marks, added, isReplicated);
    } catch (error) {
      const refusal = refusedBy(error);
      for (const { reject } of batch) reject(refusal);
    }
  }

  /** May do it twice, which changes nothing: the jobs' ids are the same. */
  function run(batch: readonly Held[], marks: readonly Mark[]): Promise<Done> {
    const fill = async (commands: IRedisTransaction) => {
      // Marked first, so that no worker can be done with a job before its mark is set.
      const [command, ...args] = markCommand(name, marks);
      commands.runCommand(command, args);
      await Promise.all(batch.map(({ job }) => jobOf(queue, job, pressure.priorityOf(name, job.tenantId), ledgerMs).addJob(commands)));
    };
    if (replicas === 0) return runTransaction(client, fill);
    return runReplicated(client, replicas, fill, () => producer.exists(pendingIndexKey(name)));
  }

  function note(marks: readonly Mark[], [, counts]: Answer = [null, null]): void {
    if (Array.isArray(counts)) marks.forEach(({ key }, i) => pressure.note(key, Number(counts[i])));
  }

  /** BullMQ answers the id of the job that the ledger has for the event: another than ours where it was seen before. */
  function settle(batch: readonly Held[], marks: readonly Mark[], answers: readonly Answer[], isReplicated: boolean): void {
    const seenBefore: Mark[] = [];
    for (const [i, { job, resolve, reject }] of batch.entries()) {
      const [error, id] = answers[i] ?? [new Error("no answer came"), null];
      const mark = marks[i];
      const isNew = id === job.deliveryId;
      if (error === null && !isNew && mark !== undefined) seenBefore.push(mark);
      if (error !== null) reject(refusedBy(error));
      else if (!isReplicated) reject(new QueueUnavailable("replicas"));
      else resolve(isNew ? "queued" : "duplicate");
    }
    // A mark that stays is found by the sweep.
    if (seenBefore.length > 0) runAll(producer, [unmarkCommand(name, seenBefore)]).catch(() => undefined);
  }

  return {
    put(held) {
      // Once what arrived together has been read.
      if (waiting.push(held) === 1) setImmediate(dispatch);
    },
    close: () => queue.close(),
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("Redis kept a batch for too long")), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function jobOf(queue: Queue, event: EventJob, priority: number, ledgerMs: number): Job {
  const { deliveryId, tenantId, provider, eventId } = event;
  const options = {
    ...catalogue.event.retries,
    ...(priority > 0 && { priority }),
    ...(event.dedupe && { deduplication: { id: ledgerId(tenantId, provider, eventId), ttl: ledgerMs } }),
  };
  const job = new Job(queue, `${provider} ${event.eventType}`, event, options, deliveryId);
  // Not among the options, which would carry it once more.
  job.timestamp = event.receivedAt;
  return job;
}
