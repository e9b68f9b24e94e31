import type { Provider } from "@mara/connectors";
import type { RecordedEvent } from "./events.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Store } from "./open-store.ts";

/** A delivery that is done with (those that wait are in the queue). Times in epoch milliseconds. */
export interface Delivery {
  readonly id: string;
  readonly provider: Provider;
  readonly providerEventId: string | null;
  readonly providerEventType: string | null;
  readonly outcome: "processed" | "ignored" | "duplicate" | "rejected" | "failed";
  readonly reason: string | null;
  readonly receivedAt: number;
  readonly processedAt: number | null;
  readonly eventId: string | null;
  readonly contactId: string | null;
}

/** All that is known of a delivery's way. */
export interface DeliveryDetail extends Delivery {
  /** The secret that verified it; `hint` null where that is gone. */
  readonly secret: { readonly id: string; readonly hint: string | null } | null;
  readonly requestId: string | null;
  /** False where its provider event id says nothing: each delivery counts as an event. Goes into a replay's job. */
  readonly dedupe: boolean;
  /** The kept body; null where none was kept, or retention removed it: then it can't be replayed. */
  readonly body: string | null;
  readonly event: RecordedEvent | null;
}

export interface DeliveryFilter {
  readonly provider?: string | undefined;
  readonly outcome?: string | undefined;
  readonly providerEventId?: string | undefined;
  /** Also the id of a contact that was merged into another. */
  readonly contactId?: string | undefined;
}

/** A tenant's deliveries, newest first. */
export async function listDeliveries(
  store: Store,
  tenantId: string,
  request: PageRequest & DeliveryFilter = {},
): Promise<Page<Delivery>> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${Object.keys(request).join()}`);
}

export async function findDelivery(store: Store, tenantId: string, id: string): Promise<DeliveryDetail | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${id}`);
}

/** The cursor of the deliveries list for the place right after a delivery. */
export function deliveryCursor(deliveryId: string): string {
  throw new Error(`not yet: ${deliveryId}`);
}

/** The delivery after which the list goes on; null where there is no cursor. Throws `InvalidInput`. */
export function deliveryBefore(cursor: string | null | undefined): string | null {
  throw new Error(`not yet: ${cursor}`);
}
