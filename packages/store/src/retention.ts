import type { Store } from "./open-store.ts";

/** Days count from receipt. Events and contacts stay until they are erased. */
export interface RetentionPolicy {
  readonly payloadDays: number;
  /** Of deliveries that failed: they are kept longer, so that they can still be replayed. Default: as long as they are listed. */
  readonly failedPayloadDays?: number;
  readonly deliveryDays: number;
  /** The most rejected, duplicate or ignored deliveries that are listed, for each tenant, provider and outcome. Default 10,000. */
  readonly maxTraces?: number;
}

/** How many rows were removed. */
export interface Swept {
  readonly payloads: number;
  readonly deliveries: number;
  readonly counts: number;
  readonly secrets: number;
}

/** Removes what is past its time, in small batches that hold nobody up. @param signal stops it between two batches. */
export async function sweepOld(
  store: Store,
  policy: RetentionPolicy,
  options: { readonly now?: number; readonly signal?: AbortSignal } = {},
): Promise<Swept> {
  throw new Error(`not yet: ${String(store)} ${policy.payloadDays} ${String(options.now)}`);
}
