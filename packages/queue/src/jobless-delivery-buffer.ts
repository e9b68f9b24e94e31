import type { RedisConnection } from "./connection.ts";
import { ENTRY_FIELD, inEntries, type JoblessDelivery } from "./jobless-delivery.ts";
import { JOBLESS_DELIVERIES_KEY } from "./keys.ts";

const FLUSH_MS = 100;
const WINDOW_MS = 1_000;
/** So many deliveries of one tenant in one window are told one by one. Those beyond are told together. */
const EACH_OF_A_TENANT = 100;
/** Beyond this, whoever they belong to, deliveries are dropped from the view. */
const MOST_WAITING = 10_000;
/** Some 100,000 jobless deliveries: by so much the worker may lag behind before the oldest are dropped. */
const MOST_ENTRIES = 1_000;

export interface JoblessDeliveryBuffer {
  /** Never waits, never fails. */
  add(delivery: Omit<JoblessDelivery, "count">): void;
  /** Writes out what was added so far. Never fails. */
  flush(): Promise<void>;
  /** How many deliveries were dropped from the view since the start. */
  dropped(): number;
}

/**
 * Gathers jobless deliveries for a moment and writes them out together. Bounded in memory, and for each tenant in rate.
 * @param now milliseconds on a clock that nobody can set.
 */
export function createJoblessDeliveryBuffer(
  connection: RedisConnection,
  now: () => number = () => performance.now(),
): JoblessDeliveryBuffer {
  let each: JoblessDelivery[] = [];
  /** Of floods: one for all alike. They wait for the end of the window. */
  let together = new Map<string, Omit<JoblessDelivery, "count"> & { count: number }>();
  let told = new Map<string, number>();
  let windowEnds = 0;
  let timer: NodeJS.Timeout | null = null;
  let dropped = 0;

  function add(delivery: Omit<JoblessDelivery, "count">): void {
    timer ??= setTimeout(() => void flush(false), FLUSH_MS);
    const ofTenant = told.get(delivery.tenantId) ?? 0;
    if (ofTenant < EACH_OF_A_TENANT && each.length < MOST_WAITING) {
      told.set(delivery.tenantId, ofTenant + 1);
      each.push({ ...delivery, count: 1 });
      return;
    }
    const alike = `${delivery.tenantId} ${delivery.provider} ${delivery.outcome} ${delivery.reason}`;
    const known = together.get(alike);
    if (known) known.count++;
    else if (together.size < MOST_WAITING) together.set(alike, { ...delivery, count: 1 });
    else dropped++;
  }

  async function flush(all: boolean): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const deliveries: JoblessDelivery[] = each;
    each = [];
    if (all || now() >= windowEnds) {
      deliveries.push(...together.values());
      together = new Map();
      told = new Map();
      windowEnds = now() + WINDOW_MS;
    }
    if (together.size > 0) timer = setTimeout(() => void flush(false), Math.max(FLUSH_MS, windowEnds - now()));
    await Promise.all(inEntries(deliveries).map(write));
  }

  async function write(deliveries: readonly JoblessDelivery[]): Promise<void> {
    try {
      await connection.xadd(JOBLESS_DELIVERIES_KEY, "MAXLEN", "~", MOST_ENTRIES, "*", ENTRY_FIELD, JSON.stringify(deliveries));
    } catch {
      dropped += deliveries.reduce((sum, { count }) => sum + count, 0);
    }
  }

  return { add, flush: () => flush(true), dropped: () => dropped };
}
