import type { RedisConnection } from "./connection.ts";
import { TRACES_KEY } from "./keys.ts";
import type { Trace } from "./trace.ts";

const FLUSH_MS = 100;
const WINDOW_MS = 1_000;
/** So many deliveries of one tenant in one window are told one by one. Those beyond are told together. */
const EACH_OF_A_TENANT = 100;
/** Beyond this, whoever they belong to, deliveries are dropped from the view. */
const MOST_WAITING = 10_000;
const TRACES_PER_ENTRY = 100;
/** Some 100,000 traces: by so much the worker may lag behind before the oldest are dropped. */
const MOST_ENTRIES = 1_000;

export interface TraceBuffer {
  /** Never waits, never fails. */
  add(trace: Omit<Trace, "count">): void;
  /** Writes out what was added so far. Never fails. */
  flush(): Promise<void>;
  /** How many deliveries were dropped from the view since the start. */
  dropped(): number;
}

/**
 * Gathers traces for a moment and writes them out together. Bounded in memory, and for each tenant in rate.
 * @param now milliseconds on a clock that nobody can set.
 */
export function createTraceBuffer(connection: RedisConnection, now: () => number = () => performance.now()): TraceBuffer {
  let each: Trace[] = [];
  /** Of floods: one trace for all alike. They wait for the end of the window. */
  let together = new Map<string, Omit<Trace, "count"> & { count: number }>();
  let told = new Map<string, number>();
  let windowEnds = 0;
  let timer: NodeJS.Timeout | null = null;
  let dropped = 0;

  function add(trace: Omit<Trace, "count">): void {
    timer ??= setTimeout(() => void flush(false), FLUSH_MS);
    const ofTenant = told.get(trace.tenantId) ?? 0;
    if (ofTenant < EACH_OF_A_TENANT && each.length < MOST_WAITING) {
      told.set(trace.tenantId, ofTenant + 1);
      each.push({ ...trace, count: 1 });
      return;
    }
    const alike = `${trace.tenantId} ${trace.provider} ${trace.outcome} ${trace.reason}`;
    const known = together.get(alike);
    if (known) known.count++;
    else if (together.size < MOST_WAITING) together.set(alike, { ...trace, count: 1 });
    else dropped++;
  }

  async function flush(all: boolean): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const traces: Trace[] = each;
    each = [];
    if (all || now() >= windowEnds) {
      traces.push(...together.values());
      together = new Map();
      told = new Map();
      windowEnds = now() + WINDOW_MS;
    }
    if (together.size > 0) timer = setTimeout(() => void flush(false), Math.max(FLUSH_MS, windowEnds - now()));
    await Promise.all(inEntries(traces).map(write));
  }

  async function write(traces: readonly Trace[]): Promise<void> {
    try {
      await connection.xadd(TRACES_KEY, "MAXLEN", "~", MOST_ENTRIES, "*", "traces", JSON.stringify(traces));
    } catch {
      dropped += traces.reduce((sum, { count }) => sum + count, 0);
    }
  }

  return { add, flush: () => flush(true), dropped: () => dropped };
}

function inEntries(traces: readonly Trace[]): Trace[][] {
  return Array.from({ length: Math.ceil(traces.length / TRACES_PER_ENTRY) }, (_, i) =>
    traces.slice(i * TRACES_PER_ENTRY, (i + 1) * TRACES_PER_ENTRY),
  );
}
