import type { RedisConnection } from "./connection.ts";
import type { Trace } from "./trace.ts";

export interface TraceReading {
  /** Keeps a batch of up to a few hundred traces. May get the same ones again: it must be idempotent. */
  keep(traces: readonly Trace[]): Promise<void>;
  onError(error: Error): void;
}

/**
 * Hands the traces of all ingest processes to `keep`, in batches; each goes to one of the processes that read.
 * Traces that could not be kept come again.
 * @param connection of purpose `worker`; a blocking connection of its own is made from it.
 */
export function readTraces(connection: RedisConnection, reading: TraceReading): { close(): Promise<void> } {
  throw new Error(`not yet: ${connection.status} ${reading.toString()}`);
}
