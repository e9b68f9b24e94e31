import type { Provider } from "@mara/connectors";
import { QueueUnavailable, type PendingDelivery } from "@mara/queue";
import { deliveryBefore, deliveryCursor, listDeliveries, type Page } from "@mara/store";
import type { Backing } from "./backing.ts";
import { presentDelivery, presentPending, type ShownDelivery } from "./present.ts";

export interface DeliveryRequest {
  readonly provider?: Provider | undefined;
  readonly outcome?: ShownDelivery["outcome"] | undefined;
  readonly providerEventId?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Of those that wait, as many are searched for an event; more wait only while the worker is far behind. */
const MOST_SEARCHED = 1_000;

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
  if (outcome === "queued") {
    const pending = await pendingOf(backing, tenantId, request);
    return toPage(pending.map(presentPending), limit, pending.length > limit);
  }
  const pending = outcome === undefined ? await pendingIfPossible(backing, tenantId, request) : [];
  const stored = await listDeliveries(backing.store, tenantId, request);
  const told = [...(pending ?? []).map(presentPending), ...stored.items.map(presentDelivery)];
  const page = toPage(told, limit, stored.nextCursor !== null);
  return pending === null ? { ...page, incomplete: true } : page;
}

/** A delivery that still waits; null where none of that id does. */
export async function findPending({ desk }: Backing, tenantId: string, id: string): Promise<PendingDelivery | null> {
  const [newest] = await desk.pendingDeliveries(tenantId, { before: idAfter(id), limit: 1 });
  return newest?.deliveryId === id ? newest : null;
}

/** One more than the page holds, to know whether there is more. */
async function pendingOf({ desk }: Backing, tenantId: string, request: DeliveryRequest): Promise<PendingDelivery[]> {
  const { providerEventId, provider, limit } = request;
  const before = deliveryBefore(request.cursor);
  const pending = await desk.pendingDeliveries(tenantId, {
    limit: providerEventId === undefined ? limit + 1 : MOST_SEARCHED,
    ...(provider !== undefined && { provider }),
    ...(before !== null && { before }),
  });
  return providerEventId === undefined ? pending : pending.filter(({ eventId }) => eventId === providerEventId);
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

/** `told` may hold a delivery twice: what is said of it last counts. `more` says that the list goes on behind all of them. */
function toPage(told: readonly ShownDelivery[], limit: number, more: boolean): Page<ShownDelivery> {
  const deliveries = [...new Map(told.map((delivery) => [delivery.id, delivery])).values()].toSorted(newestFirst);
  const items = deliveries.slice(0, limit);
  const last = more || deliveries.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : deliveryCursor(last.id) };
}

/** Ids begin with the time of receipt. */
function newestFirst(a: ShownDelivery, b: ShownDelivery): number {
  return a.id < b.id ? 1 : -1;
}

/** The id that comes right after, in the order of the list. */
function idAfter(id: string): string {
  const next = BigInt(`0x${id.replaceAll("-", "")}`) + 1n;
  return next.toString(16).padStart(32, "0").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
