import { createAdmission, type Admission, type AdmissionOptions } from "./admission.ts";
import type { RedisConnection } from "./connection.ts";
import type { JoblessDelivery } from "./jobless-delivery.ts";
import { createJoblessDeliveryBuffer } from "./jobless-delivery-buffer.ts";

/** What ingest asks of the queues. */
export interface Intake {
  readonly admit: Admission["admit"];
  /** Notes a jobless delivery. Never waits, never fails. */
  note(delivery: Omit<JoblessDelivery, "count">): void;
  /** Writes out what was noted so far. */
  flush(): Promise<void>;
  /** For metrics: deliveries on their way to Redis, and jobless ones that the list will not show, since the start. */
  figures(): { readonly inHand: number; readonly droppedJoblessDeliveries: number };
  /** Waits for what is in hand and writes out what was noted. The connection stays open. */
  close(): Promise<void>;
}

/** @param producer a connection of that purpose. */
export function createIntake(producer: RedisConnection, options: AdmissionOptions): Intake {
  const admission = createAdmission(producer, options);
  const jobless = createJoblessDeliveryBuffer(producer);
  return {
    admit: admission.admit,
    note: jobless.add,
    flush: jobless.flush,
    figures: () => ({ inHand: admission.inHand(), droppedJoblessDeliveries: jobless.dropped() }),
    close: async () => {
      await admission.close();
      await jobless.flush();
    },
  };
}
