import { getHeapStatistics } from "node:v8";

/** With more, batches grow no larger. */
const MOST = 1_024;

const MB = 1_048_576;

/** V8's young generation counts as heap but takes no large bodies: three times `--max-semi-space-size`, which is 32 wherever we start a worker. */
const YOUNG_GENERATION_MB = 96;

/** What a worker takes of its heap without any: for itself and for the events of one batch as they are read (`line.ts`). */
const OWN_BYTES = (112 + YOUNG_GENERATION_MB) * MB;

/** What a body takes of the heap while its job is in hand, in times of its bytes: text that is not Latin takes two for each. */
const TIMES = 4;

/**
 * How many event jobs a process may take in hand at once: as many as fit into its heap should each have the largest body
 * that ingest takes. Whoever sends those has a tenant's secret, and must not take the worker of all tenants down with them.
 * @param heapBytes default: what V8 lets this process have.
 */
export function jobsThatFit(maxBodyBytes: number, heapBytes = getHeapStatistics().heap_size_limit): number {
  return Math.max(1, Math.min(MOST, Math.floor((heapBytes - OWN_BYTES) / (TIMES * maxBodyBytes))));
}
