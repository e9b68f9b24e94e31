import type { Provider } from "@mara/connectors";
import { QueueUnavailable } from "@mara/queue";
import { findContact, findDelivery, listDeliveries, type Contact, type DeliveryDetail } from "@mara/store";
import type { Backing } from "../../backing.ts";

/** How far an event has come. */
export type Journey =
  | { readonly at: "nowhere" }
  /** It is on the queue. */
  | { readonly at: "queue" }
  | { readonly at: "end"; readonly delivery: DeliveryDetail; readonly contact: Contact | null };

/** As many of the newest as a test event can be behind. */
const NEWEST = 50;

/** Looks where an event is: on the queue, or at its end in Postgres. */
export async function follow(backing: Backing, tenantId: string, provider: Provider, eventId: string): Promise<Journey> {
  const waits = await isWaiting(backing, tenantId, provider, eventId);
  const { items } = await listDeliveries(backing.store, tenantId, { provider, providerEventId: eventId, limit: 1 });
  const delivery = items[0] && (await findDelivery(backing.store, tenantId, items[0].id));
  if (!delivery) return { at: waits ? "queue" : "nowhere" };
  const contact = delivery.contactId === null ? null : await findContact(backing.store, tenantId, delivery.contactId);
  return { at: "end", delivery, contact };
}

async function isWaiting({ desk }: Backing, tenantId: string, provider: Provider, eventId: string): Promise<boolean> {
  try {
    const pending = await desk.pendingDeliveries(tenantId, { provider, limit: NEWEST });
    return pending.some((delivery) => delivery.eventId === eventId);
  } catch (error) {
    if (error instanceof QueueUnavailable) return false;
    throw error;
  }
}
