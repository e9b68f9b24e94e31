import type { Provider } from "@mara/connectors";
import { findDelivery, listDeliveries, MAX_PAGE, type DeliveryDetail } from "@mara/store";
import type { Backing } from "./backing.ts";
import { findPending } from "./delivery-list.ts";
import { presentDelivery, presentPending, type ShownDelivery } from "./present.ts";
import { Refusal } from "./respond.ts";

/** How many deliveries one `replayFailed` takes on. */
export const MOST_AT_ONCE = 1_000;

/**
 * Puts a delivery on its queue again; its effects stay single. Answers it as it is from now on: queued. One that still waits
 * stays where it is.
 * Throws `Refusal`: not_found, or no_payload where its body was never kept (rejected) or is gone (retention, erasure).
 */
export async function replayDelivery(backing: Backing, tenantId: string, id: string): Promise<ShownDelivery> {
  // In this order, because one that is worked off meanwhile goes from there to here.
  const pending = await findPending(backing, tenantId, id);
  const delivery = await findDelivery(backing.store, tenantId, id);
  if (delivery === null) {
    if (pending === null) throw new Refusal("not_found");
    return presentPending(pending);
  }
  if (!(await enqueue(backing, tenantId, delivery))) throw new Refusal("no_payload");
  return { ...presentDelivery(delivery), outcome: "queued", reason: null, processedAt: null };
}

/**
 * Replays a tenant's failed deliveries, the newest first. Those whose payload is gone are counted and left alone; `more` says
 * that there were too many for one go.
 */
export async function replayFailed(
  backing: Backing,
  tenantId: string,
  provider?: Provider,
): Promise<{ readonly replayed: number; readonly withoutPayload: number; readonly more: boolean }> {
  let replayed = 0;
  let withoutPayload = 0;
  let cursor: string | null = null;
  do {
    const page = await listDeliveries(backing.store, tenantId, { provider, outcome: "failed", limit: MAX_PAGE, cursor });
    for (const { id } of page.items) {
      const delivery = await findDelivery(backing.store, tenantId, id);
      if (delivery !== null && (await enqueue(backing, tenantId, delivery))) replayed += 1;
      else withoutPayload += 1;
    }
    cursor = page.nextCursor;
  } while (cursor !== null && replayed + withoutPayload < MOST_AT_ONCE);
  return { replayed, withoutPayload, more: cursor !== null };
}

/**
 * How many deliveries have failed; `more` says that there are more than were counted. One that is replayed counts until it
 * is processed again: until then it keeps its outcome.
 */
export async function countFailed(
  { store }: Pick<Backing, "store">,
  tenantId: string,
  provider?: Provider,
): Promise<{ readonly failed: number; readonly more: boolean }> {
  const { items, nextCursor } = await listDeliveries(store, tenantId, { provider, outcome: "failed", limit: MAX_PAGE });
  return { failed: items.length, more: nextCursor !== null };
}

/** Answers false where there is no body to process again. */
async function enqueue({ desk }: Backing, tenantId: string, delivery: DeliveryDetail): Promise<boolean> {
  const { body, providerEventId, providerEventType } = delivery;
  if (body === null || providerEventId === null || providerEventType === null) return false;
  await desk.replay({
    tenantId,
    provider: delivery.provider,
    deliveryId: delivery.id,
    eventId: providerEventId,
    eventType: providerEventType,
    receivedAt: delivery.receivedAt,
    secretId: delivery.secret?.id ?? null,
    requestId: delivery.requestId,
    dedupe: delivery.dedupe,
    body,
  });
  return true;
}
