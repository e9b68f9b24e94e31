import type { Provider } from "@mara/connectors";
import { QueueUnavailable, type PendingDelivery } from "@mara/queue";
import { deliveryBefore, deliveryCursor, listDeliveries, type Page } from "@mara/store";
import type { Backing } from "./backing.ts";
import { presentDelivery, presentPending, type ShownDelivery } from "./present.ts";

export interface DeliveryRequest {
  readonly provider?: Provider | undefined;
  readonly outcome?: ShownDelivery["outcome"] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** `incomplete` is there where Redis could not be asked: deliveries that still wait are then missing. */
export interface DeliveryPage extends Page<ShownDelivery> {
  readonly incomplete?: true;
}

/**
 * A tenant's deliveries, newest first: those that wait in Redis and those in Postgres as one list, under one cursor.
 * Redis is asked first. A delivery leaves it only after its outcome is in Postgres, so one that moves in between is found in
 * one of them, or in both and then told once, with its outcome. One that is being replayed keeps its old outcome until the
 * new one is there. Throws `QueueUnavailable` where only queued ones are asked for and Redis is away.
 */
export async function deliveryPage(backing: Backing, tenantId: string, request: DeliveryRequest): Promise<DeliveryPage> {
  const { outcome, limit } = request;
  if (outcome === "queued") return toPage((await pendingOf(backing, tenantId, request)).map(presentPending), limit);

  const pending = outcome === undefined ? await pendingIfPossible(backing, tenantId, request) : [];
  const stored = await listDeliveries(backing.store, tenantId, request);
  const told = new Map<string, ShownDelivery>();
  for (const delivery of pending ?? []) told.set(delivery.deliveryId, presentPending(delivery));
  for (const delivery of stored.items) told.set(delivery.id, presentDelivery(delivery));
  const page = toPage([...told.values()].toSorted(newestFirst), limit, stored.nextCursor !== null);
  return pending === null ? { ...page, incomplete: true } : page;
}

/** One more than the page holds, to know whether there is more. */
function pendingOf({ desk }: Backing, tenantId: string, request: DeliveryRequest): Promise<PendingDelivery[]> {
  const before = deliveryBefore(request.cursor);
  return desk.pendingDeliveries(tenantId, {
    limit: request.limit + 1,
    ...(request.provider !== undefined && { provider: request.provider }),
    ...(before !== null && { before }),
  });
}

/** What is stored is worth seeing while Redis is away: null then. */
async function pendingIfPossible(backing: Backing, tenantId: string, request: DeliveryRequest): Promise<PendingDelivery[] | null> {
  try {
    return await pendingOf(backing, tenantId, request);
  } catch (error) {
    if (!(error instanceof QueueUnavailable)) throw error;
    backing.log.warn({ err: error }, "Redis is away: deliveries are listed without those that wait");
    return null;
  }
}

function toPage(deliveries: readonly ShownDelivery[], limit: number, more = false): Page<ShownDelivery> {
  const items = deliveries.slice(0, limit);
  const last = more || deliveries.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : deliveryCursor(last.id) };
}

/** Ids begin with the time of receipt. */
function newestFirst(a: ShownDelivery, b: ShownDelivery): number {
  return a.id < b.id ? 1 : -1;
}
