import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";

/** A delivery that left no job. Times in epoch milliseconds. */
export interface Trace {
  readonly tenantId: string;
  readonly provider: Provider;
  readonly deliveryId: string;
  readonly providerEventId: string | null;
  readonly providerEventType: string | null;
  readonly outcome: "rejected" | "duplicate" | "ignored";
  readonly reason: string;
  readonly receivedAt: number;
  readonly secretId: string | null;
  readonly requestId: string | null;
  /** How many deliveries alike it stands for. */
  readonly count: number;
}

/**
 * Lists and counts deliveries that left no job. The same traces may come again: each is kept once. Those of tenants that
 * do not exist are dropped.
 */
export async function saveTraces(store: Store, traces: readonly Trace[]): Promise<void> {
  throw new Error(`not yet: ${String(store)} ${traces.length}`);
}
