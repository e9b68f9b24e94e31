import { LEDGER_HOURS } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { createHeadroom } from "./headroom.ts";
import { eventQueueNames, eventQueueOf } from "./keys.ts";
import { createLane, type Held } from "./lane.ts";
import { createPressure } from "./pressure.ts";
import { QueueUnavailable } from "./queue-unavailable.ts";

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

/** Takes deliveries in as long as there is room for them, here and in Redis, each onto the lane of its tenant. */
export function createAdmission(producer: RedisConnection, options: AdmissionOptions): Admission {
  const { shards, mostInHand = 2_000, mostBytesInHand = 64 * 1_048_576, replicas = 0, ledgerHours = LEDGER_HOURS } = options;
  const pressure = createPressure();
  const headroom = createHeadroom(producer);
  const laneOptions = { pressure, replicas, ledgerMs: ledgerHours * 3_600_000, onSettled: letGo };
  const lanes = new Map(eventQueueNames(shards).map((name) => [name, createLane(producer, name, laneOptions)]));
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
      lane.put({
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
    });
  }

  function letGo(batch: readonly Held[]): void {
    inHand -= batch.length;
    for (const { bytes } of batch) bytesInHand -= bytes;
    if (inHand === 0) idle();
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
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
    },
  };
}
