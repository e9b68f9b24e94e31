import { PROVIDERS } from "@mara/connectors";
import { pendingKey } from "./keys.ts";

/** A tenant with more than this many deliveries pending lets the others pass. */
const FAIR_SHARE = 500;

/** BullMQ's bound is 2^21. */
const LOWEST_PRIORITY = 10_000;

const MOST_KEYS = 30_000;

/** How much each tenant has pending, as far as this process needs to know it. */
export interface Pressure {
  /** The priority of a tenant's next job, for BullMQ: 0 goes first, then the lower the earlier. */
  priorityOf(queueName: string, tenantId: string): number;
  /** Takes note of how many marks stand under a pending key. */
  note(key: string, count: number): void;
}

export function createPressure(): Pressure {
  const counts = new Map<string, number>();
  return {
    priorityOf(queueName, tenantId) {
      if (counts.size === 0) return 0;
      const pending = PROVIDERS.reduce((sum, each) => sum + (counts.get(pendingKey(queueName, tenantId, each)) ?? 0), 0);
      return pending <= FAIR_SHARE ? 0 : Math.min(LOWEST_PRIORITY, Math.floor(pending / FAIR_SHARE));
    },
    note(key, count) {
      // Small numbers are not worth their place.
      if (count * PROVIDERS.length <= FAIR_SHARE) counts.delete(key);
      else if (counts.has(key) || counts.size < MOST_KEYS) counts.set(key, count);
    },
  };
}
