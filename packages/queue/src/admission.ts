import { createIORedisClient, Job, type IRedisClient, type IRedisTransaction, type Queue } from "bullmq";
import { catalogue, LEDGER_HOURS } from "./catalogue.ts";
import { runAll, type RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { createHeadroom } from "./headroom.ts";
import { eventQueueNames, eventQueueOf, ledgerId, pendingIndexKey } from "./keys.ts";
import { markCommand, markOf, unmarkCommand, type Mark } from "./pending.ts";
import { createPressure } from "./pressure.ts";
import { QueueUnavailable, refusedBy } from "./queue-unavailable.ts";
import { openQueue } from "./queues.ts";
import { runReplicated, runTransaction, type Answer, type Done } from "./transaction.ts";

export type Admitted = "queued" | "duplicate";

export interface AdmissionOptions {
  /** How many event queues there are. The same number everywhere. */
  readonly shards: number;
  /** How many deliveries may be on their way to Redis at once; further ones are unavailable. Default 2,000. */
  readonly mostInHand?: number;
  /** How many bytes of bodies may be on their way at once. Default 64 MiB. */
  readonly mostBytesInHand?: number;
  /** How many replicas must have a delivery, beside the primary, before it counts as queued. Default 0. */
  readonly replicas?: number | undefined;
  /** For how long the ledger remembers an event. Default: fourteen days. */
  readonly ledgerHours?: number | undefined;
}

export interface Admission {
  /**
   * Puts a delivery on its queue, once for each event. Resolves when Redis has it, and as many of its replicas as must:
   * `duplicate` where this tenant's event was queued before. Throws `QueueUnavailable` within a second where Redis does not
   * take it, or too few replicas do; it may be worked all the same.
   */
  admit(job: EventJob): Promise<Admitted>;
  /** Deliveries on their way to Redis. */
  inHand(): number;
  /** Waits for what is in hand, and takes nothing more. */
  close(): Promise<void>;
}

const DEADLINE_MS = 900;
const MOST_IN_A_BATCH = 100;
/** A batch that is still under way then is given up, whatever keeps it: its lane must not stay blocked. */
const STUCK_MS = 5_000;
/** While one batch is with Redis the next is made; what comes meanwhile gathers, and shares the next round trip. */
const BATCHES_AT_ONCE = 2;

interface Held {
  readonly job: EventJob;
  readonly bytes: number;
  resolve(admitted: Admitted): void;
  reject(refusal: QueueUnavailable): void;
}

/** One event queue, what waits to be put on it, and how many batches are under way. */
interface Lane {
  readonly queue: Queue;
  waiting: Held[];
  underWay: number;
}

/**
 * To look in the ledger, to add the job and to mark the event as seen is one script of BullMQ's: its deduplication, with a
 * time to live. Nothing can come between the three.
 */
export function createAdmission(producer: RedisConnection, options: AdmissionOptions): Admission {
  const { shards, mostInHand = 2_000, mostBytesInHand = 64 * 1_048_576, replicas = 0, ledgerHours = LEDGER_HOURS } = options;
  const ledgerMs = ledgerHours * 3_600_000;
  const client: IRedisClient = createIORedisClient(producer);
  const pressure = createPressure();
  const headroom = createHeadroom(producer);
  const lanes = new Map<string, Lane>(
    eventQueueNames(shards).map((name) => [
      name,
      { queue: openQueue(producer, name, catalogue.event.retries), waiting: [], underWay: 0 },
    ]),
  );
  let inHand = 0;
  let bytesInHand = 0;
  let closed = false;
  let idle: () => void = () => undefined;

  function admit(job: EventJob): Promise<Admitted> {
    const lane = lanes.get(eventQueueOf(job.tenantId, shards));
    const bytes = Buffer.byteLength(job.body);
    const isTooMuch = inHand >= mostInHand || bytesInHand + bytes > mostBytesInHand;
    if (closed || !lane) return Promise.reject(new QueueUnavailable("stopping"));
    const trouble = isTooMuch ? "busy" : headroom.take(bytes);
    if (trouble !== null) return Promise.reject(new QueueUnavailable(trouble));
    inHand++;
    bytesInHand += bytes;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new QueueUnavailable("redis")), DEADLINE_MS);
      const first = lane.waiting.push({
        job,
        bytes,
        resolve: (admitted) => {
          clearTimeout(deadline);
          resolve(admitted);
        },
        reject: (refusal) => {
          clearTimeout(deadline);
          reject(refusal);
        },
      });
      // Once what arrived together has been read.
      if (first === 1) setImmediate(dispatch, lane);
    });
  }

  function dispatch(lane: Lane): void {
    while (lane.waiting.length > 0 && lane.underWay < BATCHES_AT_ONCE) {
      const batch = lane.waiting.splice(0, MOST_IN_A_BATCH);
      lane.underWay++;
      void send(lane.queue, batch).then(() => {
        lane.underWay--;
        inHand -= batch.length;
        for (const { bytes } of batch) bytesInHand -= bytes;
        dispatch(lane);
        if (inHand === 0) idle();
      });
    }
  }

  /** Never rejects. */
  async function send(queue: Queue, batch: readonly Held[]): Promise<void> {
    const marks = batch.map(({ job }) => markOf(queue.name, job, job.deliveryId));
    try {
      const { answers, isReplicated } = await within(STUCK_MS, run(queue, batch, marks));
      const [counts, ...added] = answers;
      note(marks, counts);
      settle(queue, batch, marks, added, isReplicated);
    } catch (error) {
      const refusal = refusedBy(error);
      for (const { reject } of batch) reject(refusal);
    }
  }

  /** May do it twice, which changes nothing: the jobs' ids are the same. */
  function run(queue: Queue, batch: readonly Held[], marks: readonly Mark[]): Promise<Done> {
    const fill = async (commands: IRedisTransaction) => {
      // Marked first, so that no worker can be done with a job before its mark is set.
      const [command, ...args] = markCommand(queue.name, marks);
      commands.runCommand(command, args);
      await Promise.all(
        batch.map(({ job }) => jobOf(queue, job, pressure.priorityOf(queue.name, job.tenantId), ledgerMs).addJob(commands)),
      );
    };
    if (replicas === 0) return runTransaction(client, fill);
    return runReplicated(client, replicas, fill, () => producer.exists(pendingIndexKey(queue.name)));
  }

  function note(marks: readonly Mark[], [, counts]: Answer = [null, null]): void {
    if (Array.isArray(counts)) marks.forEach(({ key }, i) => pressure.note(key, Number(counts[i])));
  }

  /** BullMQ answers the id of the job that the ledger has for the event: another than ours where it was seen before. */
  function settle(
    queue: Queue,
    batch: readonly Held[],
    marks: readonly Mark[],
    answers: readonly Answer[],
    isReplicated: boolean,
  ): void {
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
    if (seenBefore.length > 0) runAll(producer, [unmarkCommand(queue.name, seenBefore)]).catch(() => undefined);
  }

  return {
    admit,
    inHand: () => inHand,
    close: async () => {
      closed = true;
      if (inHand > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      await Promise.all([...lanes.values()].map(({ queue }) => queue.close()));
    },
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
