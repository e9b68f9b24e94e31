import { QueueUnavailable, type PendingDelivery } from "@mara/queue";
import { findContact, findDelivery, type Contact, type DeliveryDetail } from "@mara/store";
import type { Backing } from "../../backing.ts";
import { findPending } from "../../delivery-list.ts";
import { presentDelivery, presentPending, type ShownDelivery } from "../../present.ts";

/** A delivery with all that its page tells. */
export interface SeenDelivery extends ShownDelivery {
  /** What is stored; null where it has only been waiting so far. */
  readonly stored: DeliveryDetail | null;
  /** Whether it is on its queue: for the first time, or to be processed again. */
  readonly isWaiting: boolean;
  /** Whether it has come to its end, until somebody replays it. While Redis is away nobody knows of one that may be on its queue again. */
  readonly isSettled: boolean;
  /** Whether a secret of the tenant's verified it. */
  readonly isVerified: boolean;
  readonly requestId: string | null;
  readonly contact: Contact | null;
}

/** Looks at a delivery wherever it is. Null where there is none. Throws `QueueUnavailable` where only Redis could tell, and is away. */
export async function lookAtDelivery(backing: Backing, tenantId: string, id: string): Promise<SeenDelivery | null> {
  // In this order, because one that is worked off meanwhile goes from there to here.
  const pending = await findPending(backing, tenantId, id).catch(asAnswer);
  const stored = await findDelivery(backing.store, tenantId, id);
  if (stored === null) {
    if (pending instanceof QueueUnavailable) throw pending;
    return pending && waiting(pending);
  }
  const isWaiting = pending !== null && !(pending instanceof QueueUnavailable);
  return {
    ...presentDelivery(stored),
    stored,
    isWaiting,
    isSettled: pending === null,
    isVerified: stored.secret !== null || stored.outcome !== "rejected",
    requestId: stored.requestId,
    contact: stored.contactId === null ? null : await findContact(backing.store, tenantId, stored.contactId),
  };
}

/** Whether what it carried is still stored. */
export function canBeReplayed({ stored }: SeenDelivery): boolean {
  return stored !== null && stored.body !== null;
}

/** What is stored is worth seeing while Redis is away. */
function asAnswer(error: unknown): QueueUnavailable {
  if (error instanceof QueueUnavailable) return error;
  throw error;
}

function waiting(pending: PendingDelivery): SeenDelivery {
  return { ...presentPending(pending), stored: null, isWaiting: true, isSettled: false, isVerified: true, requestId: pending.requestId, contact: null };
}
