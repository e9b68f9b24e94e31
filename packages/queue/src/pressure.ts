import { PROVIDERS } from "@mara/connectors";
import { runAll, type RedisConnection } from "./connection.ts";
import { pendingKey, TENANTS_KEY } from "./keys.ts";

/** A tenant with more than this many deliveries pending lets the others pass. */
const FAIR_SHARE = 500;

/** BullMQ's bound is 2^21. */
const LOWEST_PRIORITY = 10_000;

const COUNT_AFTER_ADMITS = 50;
const COUNT_EVERY_MS = 100;
const NOTE_EVERY_MS = 30_000;
const MOST_TENANTS = 10_000;

interface Known {
  /** At the last count, and what this process admitted since. */
  pending: number;
  admitted: number;
  countedAt: number;
  notedAt: number;
}

/** How much each tenant has in the queues, as far as this process needs to know it. */
export interface Pressure {
  /**
   * Takes note of an admitted delivery. Answers its job's priority for BullMQ: 0 goes first, then the lower the earlier.
   * Never waits: counts come in by the way.
   */
  priorityOf(tenantId: string): number;
}

/** Counts a tenant's pending deliveries now and then, and keeps the list of tenants that the sweep goes through. */
export function createPressure(connection: RedisConnection, now: () => number = Date.now): Pressure {
  const tenants = new Map<string, Known>();

  function knownOf(tenantId: string): Known {
    const known = tenants.get(tenantId);
    if (known) return known;
    if (tenants.size >= MOST_TENANTS) {
      const [oldest] = tenants.keys();
      if (oldest !== undefined) tenants.delete(oldest);
    }
    const fresh = { pending: 0, admitted: 0, countedAt: 0, notedAt: 0 };
    tenants.set(tenantId, fresh);
    return fresh;
  }

  async function count(tenantId: string, known: Known): Promise<void> {
    const before = known.admitted;
    const commands = PROVIDERS.map((provider) => ["zcard", pendingKey(tenantId, provider)] as const);
    const counts = await runAll(connection, commands);
    known.pending = counts.reduce<number>((sum, each) => sum + Number(each), 0);
    known.admitted -= before;
  }

  return {
    priorityOf(tenantId) {
      const known = knownOf(tenantId);
      const at = now();
      if (at - known.notedAt >= NOTE_EVERY_MS) {
        known.notedAt = at;
        connection.zadd(TENANTS_KEY, at, tenantId).catch(() => {
          known.notedAt = 0;
        });
      }
      known.admitted++;
      const inDoubt = known.admitted >= COUNT_AFTER_ADMITS || known.pending > FAIR_SHARE;
      if (inDoubt && at - known.countedAt >= COUNT_EVERY_MS) {
        known.countedAt = at;
        // Without a count the last one stands: fairness waits, deliveries do not.
        count(tenantId, known).catch(() => undefined);
      }
      const pending = known.pending + known.admitted;
      return pending <= FAIR_SHARE ? 0 : Math.min(LOWEST_PRIORITY, 1 + Math.floor(pending / FAIR_SHARE));
    },
  };
}
