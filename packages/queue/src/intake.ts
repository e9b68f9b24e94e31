import { createAdmission, type Admission, type AdmissionOptions } from "./admission.ts";
import type { RedisConnection } from "./connection.ts";
import { createTraceBuffer } from "./trace-buffer.ts";
import type { Trace } from "./trace.ts";

/** What ingest asks of the queues. */
export interface Intake {
  readonly admit: Admission["admit"];
  /** Notes a delivery that leaves no job. Never waits, never fails. */
  trace(trace: Omit<Trace, "count">): void;
  /** Writes out the traces noted so far. */
  flush(): Promise<void>;
  /** For metrics: deliveries on their way to Redis, and deliveries that the list will not show, since the start. */
  figures(): { readonly inHand: number; readonly droppedTraces: number };
  /** Waits for what is in hand and writes out the traces. The connection stays open. */
  close(): Promise<void>;
}

/** @param producer a connection of that purpose. */
export function createIntake(producer: RedisConnection, options: AdmissionOptions): Intake {
  const admission = createAdmission(producer, options);
  const traces = createTraceBuffer(producer);
  return {
    admit: admission.admit,
    trace: traces.add,
    flush: traces.flush,
    figures: () => ({ inHand: admission.inHand(), droppedTraces: traces.dropped() }),
    close: async () => {
      await admission.close();
      await traces.flush();
    },
  };
}
