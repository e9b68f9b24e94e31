import type { Queue } from "bullmq";
import { catalogue, LEDGER_MS } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { eventQueueNames, ledgerId, shardOf } from "./keys.ts";
import { mark, markOf, unmark } from "./pending.ts";
import { createPressure } from "./pressure.ts";
import { openQueue } from "./queues.ts";

/** Redis did not take the job, or not in time. The provider will send the delivery again. */
export class QueueUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super("the queue is unavailable", options);
    this.name = "QueueUnavailable";
  }
}

export type Admitted = "queued" | "duplicate";

export interface AdmissionOptions {
  /** How many event queues there are. The same number everywhere. */
  readonly shards: number;
  /** How many deliveries may be on their way to Redis at once; further ones are unavailable. Default 2,000. */
  readonly mostInHand?: number;
  /** How many bytes of bodies may be on their way at once. Default 64 MiB. */
  readonly mostBytesInHand?: number;
}

export interface Admission {
  /**
   * Puts a delivery on its queue, once for each event. Resolves when Redis has it: `duplicate` where this tenant's event
   * was queued before. Throws `QueueUnavailable` within a second where Redis does not take it.
   */
  admit(job: EventJob): Promise<Admitted>;
  /** Deliveries on their way to Redis. */
  inHand(): number;
  /** Waits for what is in hand, and takes nothing more. */
  close(): Promise<void>;
}

const DEADLINE_MS = 900;
const MOST_IN_A_BATCH = 100;

interface Held {
  readonly job: EventJob;
  resolve(admitted: Admitted): void;
  reject(error: QueueUnavailable): void;
}

interface Lane {
  readonly queue: Queue;
  waiting: Held[];
}

/**
 * To look in the ledger, to add the job and to mark the event as seen is one script of BullMQ's: its deduplication, with a
 * time to live. Nothing can come between the three. Deliveries that arrive together share a round trip.
 */
export function createAdmission(producer: RedisConnection, options: AdmissionOptions): Admission {
  const { shards, mostInHand = 2_000, mostBytesInHand = 64 * 1_048_576 } = options;
  const pressure = createPressure(producer);
  const lanes: Lane[] = eventQueueNames(shards).map((name) => ({
    queue: openQueue(producer, name, catalogue.event.options),
    waiting: [],
  }));
  const batches = new Set<Promise<void>>();
  let inHand = 0;
  let bytesInHand = 0;
  let closed = false;

  function admit(job: EventJob): Promise<Admitted> {
    const lane = lanes[shardOf(job.tenantId, shards)];
    if (closed || !lane || inHand >= mostInHand || bytesInHand + job.body.length > mostBytesInHand) {
      return Promise.reject(new QueueUnavailable());
    }
    inHand++;
    bytesInHand += job.body.length;
    return new Promise((resolve, reject) => {
      if (lane.waiting.push({ job, resolve, reject }) === 1) setImmediate(dispatch, lane);
    });
  }

  function dispatch(lane: Lane): void {
    const { waiting } = lane;
    lane.waiting = [];
    for (let i = 0; i < waiting.length; i += MOST_IN_A_BATCH) {
      const batch = send(lane.queue, waiting.slice(i, i + MOST_IN_A_BATCH));
      batches.add(batch);
      void batch.finally(() => batches.delete(batch));
    }
  }

  async function send(queue: Queue, batch: readonly Held[]): Promise<void> {
    const giveUp = (cause?: unknown) => {
      for (const { reject } of batch) reject(new QueueUnavailable({ cause }));
    };
    const deadline = setTimeout(giveUp, DEADLINE_MS);
    try {
      // Marked first, on the same connection, so that no worker can be done with a job before its mark is set.
      const marked = mark(producer, batch.map(({ job }) => markOf(job, job.deliveryId))).catch(() => undefined);
      // The marks may lie on another node than the jobs: nothing keeps their order there but to wait.
      if (producer.isCluster) await marked;
      const added = await queue.addBulk(batch.map(({ job }) => entryOf(job, pressure.priorityOf(job.tenantId))));
      const duplicates = batch.filter((held, i) => {
        const isNew = added[i]?.id === held.job.deliveryId;
        held.resolve(isNew ? "queued" : "duplicate");
        return !isNew;
      });
      unmark(producer, duplicates.map(({ job }) => markOf(job, job.deliveryId))).catch(() => undefined);
    } catch (error) {
      giveUp(error);
    } finally {
      clearTimeout(deadline);
      inHand -= batch.length;
      for (const { job } of batch) bytesInHand -= job.body.length;
    }
  }

  return {
    admit,
    inHand: () => inHand,
    close: async () => {
      closed = true;
      for (const lane of lanes) dispatch(lane);
      await Promise.all(batches);
      await Promise.all(lanes.map(({ queue }) => queue.close()));
    },
  };
}

/** BullMQ answers the id of the job that the ledger has for the event: another than ours where the event was seen before. */
function entryOf(job: EventJob, priority: number): Parameters<Queue["addBulk"]>[0][number] {
  return {
    name: `${job.provider} ${job.eventType}`,
    data: job,
    opts: {
      jobId: job.deliveryId,
      timestamp: job.receivedAt,
      ...(priority > 0 && { priority }),
      ...(job.dedupe && {
        deduplication: { id: ledgerId(job.tenantId, job.provider, job.eventId), ttl: LEDGER_MS },
      }),
    },
  };
}
