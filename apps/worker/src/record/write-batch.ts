import {
  loadOutcomes,
  saveAmendments,
  saveBelated,
  saveCounts,
  saveDeliveries,
  saveEvents,
  saveHealth,
  saveSecretUse,
  saveSubjects,
  type CountRow,
  type DeliveryRow,
  type EventRow,
  type HealthRow,
  type Streams,
  type Transaction,
} from "@mara/store";
import type { EventJob } from "@mara/queue";
import { loadBatch } from "./load-batch.ts";
import type { Prepared } from "./prepare.ts";
import { saveGraphs, type ContactCounts } from "./save-contacts.ts";
import type { NewEvent, Outcome, TenantBatch } from "./tenant-batch.ts";

const HOUR = 3_600_000;

/** A delivery that is to be written: with its event, or as one that failed for good. */
export type Item =
  | { readonly kind: "event"; readonly prepared: Prepared }
  | { readonly kind: "failure"; readonly job: EventJob; readonly reason: string };

/** What was written of a delivery. */
export type Written = DeliveryRow["outcome"];

interface Settled {
  readonly item: Item;
  readonly outcome: Omit<Outcome, "outcome"> & { readonly outcome: Written };
}

/**
 * Decides a batch of deliveries and writes all that comes of them, within the transaction that holds their tenants' streams.
 * Answers the outcome of each, in order. Throws where a tenant does not exist, or where the database refuses.
 */
export async function writeBatch(
  transaction: Transaction,
  streams: Streams,
  items: readonly Item[],
  now: number,
): Promise<Written[]> {
  const events = items.flatMap((item) => (item.kind === "event" ? [item.prepared] : []));
  const before = await loadOutcomes(transaction, items.map(jobOf).map((job) => ({ tenantId: job.tenantId, id: job.deliveryId })));
  const batches = await loadBatch(transaction, events, now);
  const settled = inOrderOfReceipt(items).map((item): Settled => ({ item, outcome: settle(item, batches) }));

  const graphs = new Map([...batches].map(([tenantId, batch]) => [tenantId, batch.graph]));
  const contactCounts = await saveGraphs(transaction, graphs, now);
  const tenants = [...batches.values()];
  const rows = tenants.flatMap((batch) => numbered(batch, streams));
  await saveEvents(transaction, rows, now);
  await saveAmendments(transaction, tenants.flatMap((batch) => batch.amendments));
  await saveSubjects(transaction, tenants.flatMap((batch) => [...batch.changedSubjects.values()]));
  await saveBelated(transaction, tenants.flatMap((batch) => batch.events.filter((e) => e.belated).map(belatedRow)));
  await saveWhatBecame(transaction, settled, before, contactCounts, now);
  const written = new Map(settled.map(({ item, outcome }) => [item, outcome.outcome]));
  return items.map((item) => written.get(item) ?? "failed");
}

async function saveWhatBecame(
  transaction: Transaction,
  settled: readonly Settled[],
  before: readonly { tenantId: string; id: string; outcome: string }[],
  contactCounts: ReadonlyMap<string, ContactCounts>,
  now: number,
): Promise<void> {
  const outcomesBefore = new Map(before.map((row) => [`${row.tenantId} ${row.id}`, row.outcome]));
  // A job whose work was committed but which could not be completed comes again: its delivery keeps what it says.
  const fresh = settled.filter(({ item }) => {
    const job = jobOf(item);
    return job.replay || !["processed", "ignored"].includes(outcomesBefore.get(`${job.tenantId} ${job.deliveryId}`) ?? "");
  });
  const rows = fresh.map(deliveryRow);
  await saveDeliveries(transaction, rows, now);
  await saveCounts(transaction, countRows(rows, outcomesBefore));
  await saveHealth(transaction, healthRows(rows, contactCounts, now));
  await saveSecretUse(transaction, new Map(rows.flatMap((row) => (row.secretId ? [[row.secretId, row.receivedAt]] : []))));
}

/** Which of two events that mean the same came first is decided by receipt, not by the order in which jobs ran. */
function inOrderOfReceipt(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => {
    const [x, y] = [jobOf(a), jobOf(b)];
    return x.receivedAt - y.receivedAt || (x.deliveryId < y.deliveryId ? -1 : 1);
  });
}

export function jobOf(item: Item): EventJob {
  return item.kind === "event" ? item.prepared.job : item.job;
}

function settle(item: Item, batches: ReadonlyMap<string, TenantBatch>): Settled["outcome"] {
  if (item.kind === "failure") {
    return { outcome: "failed", reason: item.reason, eventId: null, via: null, contactId: null };
  }
  const batch = batches.get(item.prepared.job.tenantId);
  if (!batch) throw new Error("the batch was loaded without this tenant");
  return batch.decide(item.prepared);
}

/** Gives a tenant's new events their numbers: without gaps, because the stream is locked until they are committed. */
function numbered(batch: TenantBatch, streams: Streams): EventRow[] {
  const last = streams.get(batch.tenantId);
  if (last === undefined) throw new Error("the tenant has no stream");
  return batch.events.map(({ via, belated: _, ...event }, i) => ({
    ...event,
    seq: last + BigInt(i + 1),
    contactId: via?.contactId ?? null,
    via: via && `${via.space}:${via.externalId}`,
  }));
}

function belatedRow(event: NewEvent) {
  const { tenantId, provider, providerEventId } = event;
  return { tenantId, provider, providerEventId, eventId: event.id, contactId: event.via?.contactId ?? null };
}

function deliveryRow({ item, outcome }: Settled): DeliveryRow {
  const job = jobOf(item);
  return {
    tenantId: job.tenantId,
    id: job.deliveryId,
    provider: job.provider,
    providerEventId: job.eventId,
    providerEventType: job.eventType,
    outcome: outcome.outcome,
    reason: outcome.reason,
    receivedAt: job.receivedAt,
    eventId: outcome.eventId,
    contactId: outcome.via?.contactId ?? outcome.contactId,
    secretId: job.secretId,
    requestId: job.requestId,
    body: job.body,
  };
}

/** A delivery counts once, under its latest outcome. */
function countRows(rows: readonly DeliveryRow[], before: ReadonlyMap<string, string>): CountRow[] {
  const counts = new Map<string, CountRow & { count: number }>();
  const add = (row: DeliveryRow, outcome: string, by: number) => {
    const hour = row.receivedAt - (row.receivedAt % HOUR);
    const key = `${row.tenantId} ${row.provider} ${outcome} ${hour}`;
    const known = counts.get(key) ?? { tenantId: row.tenantId, provider: row.provider, outcome, hour, count: 0 };
    counts.set(key, { ...known, count: known.count + by });
  };
  for (const row of rows) {
    const earlier = before.get(`${row.tenantId} ${row.id}`);
    if (earlier !== undefined) add(row, earlier, -1);
    add(row, row.outcome, 1);
  }
  return [...counts.values()].filter((row) => row.count !== 0);
}

function healthRows(
  rows: readonly DeliveryRow[],
  contactCounts: ReadonlyMap<string, ContactCounts>,
  now: number,
): HealthRow[] {
  const health = new Map<string, HealthRow>();
  const of = (tenantId: string, provider: string): HealthRow =>
    health.get(`${tenantId} ${provider}`) ?? {
      tenantId,
      provider,
      contacts: 0,
      lastActivityAt: null,
      lastEventType: null,
      lastProblem: null,
      lastProblemAt: null,
    };
  const put = (row: HealthRow) => health.set(`${row.tenantId} ${row.provider}`, row);
  for (const row of rows) {
    const known = of(row.tenantId, row.provider);
    put({
      ...known,
      ...(row.receivedAt >= (known.lastActivityAt ?? 0)
        ? { lastActivityAt: row.receivedAt, lastEventType: row.providerEventType }
        : {}),
      ...(row.outcome === "failed" ? { lastProblem: row.reason, lastProblemAt: now } : {}),
    });
  }
  for (const [tenantId, counts] of contactCounts) {
    for (const [provider, contacts] of counts) if (contacts !== 0) put({ ...of(tenantId, provider), contacts });
  }
  return [...health.values()];
}
