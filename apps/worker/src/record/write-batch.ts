import { keyOf } from "@mara/identity";
import {
  saveAmendments,
  saveBelated,
  saveCounts,
  saveDeliveries,
  saveEvents,
  saveHealth,
  saveSecretUse,
  saveSubjects,
  type BelatedRow,
  type DeliveryRow,
  type EventRow,
  type HealthRow,
  type Streams,
  type Transaction,
} from "@mara/store";
import { decideBatch, type Item, type Settled, type Written } from "./decide-batch.ts";
import { countRows, healthRows, type Recount } from "./figures.ts";
import { changesOf, saveMoved, savePeople } from "./save-contacts.ts";
import type { NewEvent, TenantBatch } from "./tenant-batch.ts";

/**
 * Decides a batch of deliveries and writes all that comes of them, within the transaction that holds their tenants' streams.
 * Answers what was written of each; nothing, and the error, where its event can't be read. Throws where the database refuses.
 */
export async function writeBatch(
  transaction: Transaction,
  streams: Streams,
  items: readonly Item[],
  now: number,
): Promise<{ written: ReadonlyMap<Item, Written>; unreadable: ReadonlyMap<Item, unknown> }> {
  const { settled, tenants, unreadable } = await decideBatch(transaction, items, now);
  const changes = changesOf(new Map(tenants.map((batch) => [batch.tenantId, batch.graph])));
  const news = settled.filter((each) => keptOf(each) === null);
  const deliveries = news.map(deliveryRow);
  const belated = tenants.flatMap((batch) => batch.events.filter((event) => event.belated).map(belatedRow));

  await saveMoved(transaction, changes);
  // In this order: amendments are laid over events of the same batch, and a belated one looks among its deliveries.
  await Promise.all([
    savePeople(transaction, changes, now),
    saveEvents(transaction, tenants.flatMap((batch) => numbered(batch, streams)), now),
    saveAmendments(transaction, tenants.flatMap((batch) => [...batch.amendments.values()])),
    saveSubjects(transaction, tenants.flatMap((batch) => batch.changedSubjects())),
    saveDeliveries(transaction, deliveries, now),
    saveFigures(transaction, news.map(recountOf), belated, healthRows(deliveries, changes.counts, now)),
    saveSecretUse(transaction, new Map(deliveries.flatMap((row) => (row.secretId ? [[row.secretId, row.receivedAt]] : [])))),
  ]);
  const written = settled.map((each): [Item, Written] => [each.item, keptOf(each) ?? each.became.outcome]);
  return { written: new Map(written), unreadable };
}

/**
 * What a delivery's row says and goes on saying: a job whose work was committed but which could not be completed comes again.
 * Null where there is news: nothing was written, or a failure, or a replay went well.
 */
function keptOf({ item, before }: Settled): Written | null {
  if (item.kind === "event" && item.job.replay) return null;
  return before === "processed" || before === "ignored" || before === "duplicate" ? before : null;
}

/** Gives a tenant's new events their numbers: without gaps, because the stream is locked until they are committed. */
function numbered(batch: TenantBatch, streams: Streams): EventRow[] {
  const last = streams.get(batch.tenantId);
  if (last === undefined) throw new Error("the tenant has no stream");
  return batch.events.map((event, i) => {
    const whom = whomOf(event);
    return {
      tenantId: event.tenantId,
      seq: last + BigInt(i + 1),
      id: event.id,
      type: event.type,
      provider: event.provider,
      providerEventId: event.providerEventId,
      eventKey: event.eventKey,
      providerEventType: event.providerEventType,
      contactId: whom.contactId,
      via: whom.via,
      subject: event.subject,
      signup: event.signup,
      repeatOf: event.repeatOf,
      occurredAt: event.occurredAt,
      data: event.data,
    };
  });
}

function belatedRow(event: NewEvent): BelatedRow {
  const { tenantId, provider, providerEventId, id: eventId } = event;
  return { tenantId, provider, providerEventId, eventId, ...whomOf(event) };
}

/** Whom an event is about, now that the batch is over. */
function whomOf({ via }: NewEvent): Pick<EventRow, "contactId" | "via"> {
  if (via && "via" in via) return { contactId: via.contactId, via: via.via };
  return { contactId: via?.contactId ?? null, via: via && keyOf(via) };
}

/** Counts deliveries under what became of them, and those that a belated event made count otherwise. */
async function saveFigures(
  transaction: Transaction,
  recounts: readonly Recount[],
  belated: readonly BelatedRow[],
  health: readonly HealthRow[],
): Promise<void> {
  const changed = await saveBelated(transaction, belated);
  const others = changed.map(({ outcome, ...row }): Recount => ({ ...row, from: "ignored", to: outcome }));
  await Promise.all([saveCounts(transaction, countRows([...recounts, ...others])), saveHealth(transaction, health)]);
}

function deliveryRow({ item: { job }, became }: Settled): DeliveryRow {
  return {
    tenantId: job.tenantId,
    id: job.deliveryId,
    provider: job.provider,
    providerEventId: job.eventId,
    providerEventType: job.eventType,
    outcome: became.outcome,
    reason: became.reason,
    receivedAt: job.receivedAt,
    eventId: became.eventId,
    contactId: became.via?.contactId ?? became.contactId,
    via: became.via && keyOf(became.via),
    secretId: job.secretId,
    requestId: job.requestId,
    dedupe: job.dedupe,
    body: became.isErased ? null : job.body,
  };
}

/** A delivery counts once, under its latest outcome. */
function recountOf({ item, became, before }: Settled): Recount {
  const { tenantId, provider, receivedAt } = item.job;
  return { tenantId, provider, receivedAt, from: before, to: became.outcome };
}
