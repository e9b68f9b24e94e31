import type { EventJob } from "@mara/queue";
import { loadCarriers, loadEvents, loadOutcomes, type EventKey, type Transaction } from "@mara/store";
import { loadBatch } from "./load-batch.ts";
import { keyOfEvent, prepare, type Prepared } from "./prepare.ts";
import type { Became, Eventless, TenantBatch } from "./tenant-batch.ts";

/** A delivery that is to be written: with what comes of its event, or as one that failed for good. */
export type Item =
  | { readonly kind: "event"; readonly job: EventJob }
  | { readonly kind: "failure"; readonly job: EventJob; readonly reason: string };

/** What was written of a delivery. */
export type Written = Became["outcome"];

export interface Settled {
  readonly item: Item;
  readonly became: Became;
  /** What the delivery's row said before; null where there was none. */
  readonly before: string | null;
}

/** A batch as decided, before any of it is written. */
export interface Decided {
  readonly settled: readonly Settled[];
  readonly tenants: readonly TenantBatch[];
  /** Deliveries whose event can't be read, and why. */
  readonly unreadable: ReadonlyMap<Item, unknown>;
}

/**
 * Reads and decides a batch of deliveries, in the order of their receipt. A function of its own, so that the events as
 * read, many times the size of what comes of them, live no longer than the deciding: whatever is in hand while a commit is
 * awaited outlives V8's young generation, is copied into the old one, and stays there until a collection that takes long.
 */
export async function decideBatch(transaction: Transaction, items: readonly Item[], now: number): Promise<Decided> {
  const prepared = new Map<Item, Prepared>();
  const unreadable = new Map<Item, unknown>();
  for (const item of items) {
    if (item.kind !== "event") continue;
    try {
      prepared.set(item, prepare(item.job));
    } catch (error) {
      unreadable.set(item, error);
    }
  }
  const readable = items.filter((item) => !unreadable.has(item));
  const [batches, before, erased] = await Promise.all([
    loadBatch(transaction, [...prepared.values()], now),
    loadOutcomes(transaction, readable.map(({ job }) => ({ tenantId: job.tenantId, id: job.deliveryId }))),
    loadErased(transaction, readable.filter((item) => item.kind === "failure")),
  ]);
  const settled = await settle(transaction, readable, { prepared, batches, before, erased });
  return { settled, tenants: [...batches.values()], unreadable };
}

/** The deliveries whose event was erased with its person: of those no body is kept again, whatever they failed of. */
async function loadErased(transaction: Transaction, failures: readonly Item[]): Promise<ReadonlySet<Item>> {
  if (failures.length === 0) return new Set();
  const keyOf = ({ tenantId, provider, eventKey }: EventKey) => `${tenantId} ${provider} ${eventKey}`;
  const keys = new Map(
    failures.map((item) => {
      const { tenantId, provider } = item.job;
      return [item, { tenantId, provider, eventKey: keyOfEvent(item.job) }];
    }),
  );
  const known = await loadEvents(transaction, [...keys.values()]);
  const erased = new Set(known.filter(({ id }) => id === null).map(keyOf));
  return new Set([...keys].filter(([, key]) => erased.has(keyOf(key))).map(([item]) => item));
}

/** What a batch is settled by. */
interface Loaded {
  readonly prepared: ReadonlyMap<Item, Prepared>;
  readonly batches: ReadonlyMap<string, TenantBatch>;
  readonly before: Awaited<ReturnType<typeof loadOutcomes>>;
  readonly erased: ReadonlySet<Item>;
}

/** Which of two events that mean the same came first is decided by receipt, not by the order in which jobs ran. */
async function settle(
  transaction: Transaction,
  items: readonly Item[],
  { prepared, batches, erased, ...loaded }: Loaded,
): Promise<Settled[]> {
  const before = new Map(loaded.before.map((row) => [`${row.tenantId} ${row.id}`, row.outcome]));
  const settled: Settled[] = [];
  for (const item of inOrderOfReceipt(items)) {
    const { tenantId, deliveryId } = item.job;
    const event = prepared.get(item);
    const became = event ? await become(transaction, event, batches) : failed(item, erased.has(item));
    settled.push({ item, became, before: before.get(`${tenantId} ${deliveryId}`) ?? null });
  }
  return settled;
}

function inOrderOfReceipt(items: readonly Item[]): Item[] {
  return [...items].sort(
    ({ job: a }, { job: b }) => a.receivedAt - b.receivedAt || (a.deliveryId < b.deliveryId ? -1 : 1),
  );
}

async function become(
  transaction: Transaction,
  prepared: Prepared,
  batches: ReadonlyMap<string, TenantBatch>,
): Promise<Became> {
  const batch = batches.get(prepared.job.tenantId);
  if (!batch) throw new Error("the batch was loaded without this tenant");
  const decision = batch.decide(prepared);
  const belated = decision ? batch.belatedOf(prepared, decision) : [];
  if (belated.length > 0) {
    const [events, carriers] = await Promise.all([loadEvents(transaction, belated), loadCarriers(transaction, belated)]);
    batch.learn(events);
    batch.carriers.learn(carriers);
  }
  return batch.take(prepared, decision);
}

function failed(item: Item, isErased: boolean): Eventless {
  const reason = item.kind === "failure" ? item.reason : null;
  return { outcome: "failed", reason, eventId: null, via: null, contactId: null, isErased };
}
