import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";

/** Deliveries by what became of them. What still waits is in the queue and not counted here. */
export interface OutcomeCounts {
  readonly processed: number;
  readonly ignored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly failed: number;
}

/** How a tenant's connector does. Times in epoch milliseconds. */
export interface ConnectorHealth {
  /** The contacts that this provider knows. */
  readonly contacts: number;
  /** The last delivery with a right signature, and what it told of. */
  readonly lastActivityAt: number | null;
  readonly lastEventType: string | null;
  /** The reason of the last delivery that was rejected or failed. */
  readonly lastProblem: string | null;
  readonly lastProblemAt: number | null;
  /** The sum of `hours`. What the contract calls `queued` is `processed` and what is pending. */
  readonly last24h: OutcomeCounts;
  /** The last 24 hours of the clock, oldest first, the running one included; `hour` is its beginning. */
  readonly hours: readonly (OutcomeCounts & { readonly hour: number })[];
}

/** The health of each of `providers`. @param now epoch milliseconds. */
export async function readHealth<P extends Provider>(
  store: Store,
  tenantId: string,
  providers: readonly P[],
  now: number = Date.now(),
): Promise<Map<P, ConnectorHealth>> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${providers.length} ${now}`);
}
