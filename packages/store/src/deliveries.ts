import type { Provider } from "@mara/connectors";
import { eventKeyOf } from "./event-key.ts";
import { findEvent, type RecordedEvent } from "./events.ts";
import type { Store } from "./open-store.ts";
import {
  LAST_UUID,
  limitOf,
  pageOf,
  readCursor,
  UUID,
  writeCursor,
  type CursorForm,
  type Page,
  type PageRequest,
} from "./page.ts";
import { resolvedContact } from "./resolve-contact.ts";
import { isStorable } from "./text.ts";

const DELIVERIES: CursorForm = { list: "deliveries", position: UUID };

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

interface Row extends Omit<Delivery, "receivedAt" | "processedAt"> {
  readonly receivedAt: Date;
  readonly processedAt: Date | null;
}

const COLUMNS = `
  d.id, d.provider, d.provider_event_id AS "providerEventId", d.provider_event_type AS "providerEventType", d.outcome,
  d.reason, d.received_at AS "receivedAt", d.processed_at AS "processedAt", d.event_id AS "eventId",
  d.contact_id AS "contactId"`;

/** A tenant's deliveries, newest first. Throws `InvalidInput` for a limit or cursor that can't be one. */
export async function listDeliveries(
  store: Store,
  tenantId: string,
  request: PageRequest & DeliveryFilter = {},
): Promise<Page<Delivery>> {
  const limit = limitOf(request);
  const before = deliveryBefore(request.cursor) ?? LAST_UUID;
  const rows = await queryDeliveries(store, request, [tenantId, before, limit + 1]);
  return pageOf(DELIVERIES, rows, limit, { position: (row) => row.id, item: deliveryOf });
}

type Span = [tenantId: string, before: string, limit: number];

/** Every way of filtering reads along an index, so a page costs the same however many deliveries there are. */
async function queryDeliveries(store: Store, filter: DeliveryFilter, span: Span): Promise<Row[]> {
  const { provider = null, outcome = null, providerEventId = null, contactId } = filter;
  if (![provider, outcome, providerEventId].every((text) => text === null || isStorable(text))) return [];
  if (contactId !== undefined) {
    return UUID.test(contactId) ? query(store, OF_CONTACT, [...span, provider, outcome, contactId, providerEventId]) : [];
  }
  if (providerEventId !== null) return query(store, OF_EVENT, [...span, provider, outcome, providerEventId]);
  if (provider !== null || outcome !== null) return query(store, OF_KINDS, [...span, provider, outcome]);
  return query(store, OF_ALL, span);
}

async function query(store: Store, text: string, values: unknown[]): Promise<Row[]> {
  const { rows } = await store.pool.query<Row>(text, values);
  return rows;
}

const OF_ALL = `
  SELECT ${COLUMNS} FROM deliveries d WHERE d.tenant_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3`;

const OF_CONTACT = `
  SELECT ${COLUMNS} FROM deliveries d
   WHERE d.tenant_id = $1 AND d.id < $2 AND ($4::text IS NULL OR d.provider = $4) AND ($5::text IS NULL OR d.outcome = $5)
     AND d.contact_id = ${resolvedContact("$1", "$6")} AND ($7::text IS NULL OR d.provider_event_id = $7)
   ORDER BY d.id DESC LIMIT $3`;

const OF_EVENT = `
  SELECT ${COLUMNS} FROM deliveries d
   WHERE d.tenant_id = $1 AND d.id < $2 AND ($4::text IS NULL OR d.provider = $4) AND ($5::text IS NULL OR d.outcome = $5)
     AND d.provider_event_id = $6
   ORDER BY d.id DESC LIMIT $3`;

/** The pairs of provider and outcome that a tenant has deliveries of, found in hops over the index. */
const KINDS = `
  kinds AS (
    (SELECT provider, outcome FROM deliveries WHERE tenant_id = $1 ORDER BY provider, outcome LIMIT 1)
    UNION ALL
    SELECT n.provider, n.outcome FROM kinds k CROSS JOIN LATERAL (
      SELECT d.provider, d.outcome FROM deliveries d
       WHERE d.tenant_id = $1 AND (d.provider, d.outcome) > (k.provider, k.outcome)
       ORDER BY d.provider, d.outcome LIMIT 1
    ) n
  )`;

const OF_KINDS = `
  WITH RECURSIVE ${KINDS}
  SELECT d.* FROM kinds k CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM deliveries d
     WHERE d.tenant_id = $1 AND d.provider = k.provider AND d.outcome = k.outcome AND d.id < $2
     ORDER BY d.id DESC LIMIT $3
  ) d
   WHERE ($4::text IS NULL OR k.provider = $4) AND ($5::text IS NULL OR k.outcome = $5)
   ORDER BY id DESC LIMIT $3`;

interface DetailRow extends Row {
  readonly secretId: string | null;
  readonly secretHint: string | null;
  readonly requestId: string | null;
  readonly dedupe: boolean;
  readonly body: string | null;
}

/** A delivery with all that is known of it. Null where there is none, or where it still waits in the queue. */
export async function findDelivery(store: Store, tenantId: string, id: string): Promise<DeliveryDetail | null> {
  if (!UUID.test(id)) return null;
  const { rows } = await store.pool.query<DetailRow>(
    `SELECT ${COLUMNS}, d.secret_id AS "secretId", s.hint AS "secretHint", d.request_id AS "requestId", d.dedupe, p.body
       FROM deliveries d
       LEFT JOIN signing_secrets s ON s.id = d.secret_id AND s.tenant_id = d.tenant_id
       LEFT JOIN payloads p ON p.tenant_id = d.tenant_id AND p.delivery_id = d.id
      WHERE d.tenant_id = $1 AND d.id = $2`,
    [tenantId, id],
  );
  const [row] = rows;
  if (!row) return null;
  const { secretId, secretHint, ...rest } = row;
  return {
    ...rest,
    ...deliveryOf(row),
    secret: secretId === null ? null : { id: secretId, hint: secretHint },
    event: await eventOf(store, tenantId, row),
  };
}

async function eventOf(store: Store, tenantId: string, row: DetailRow): Promise<RecordedEvent | null> {
  if (row.eventId === null || row.providerEventId === null) return null;
  const { providerEventId, id: deliveryId, dedupe } = row;
  return findEvent(store, tenantId, row.provider, eventKeyOf({ providerEventId, deliveryId, dedupe }));
}

/** The cursor of the deliveries list for the place right after a delivery. */
export function deliveryCursor(deliveryId: string): string {
  return writeCursor(DELIVERIES, deliveryId);
}

/** The delivery after which the list goes on; null where there is no cursor. Throws `InvalidInput`. */
export function deliveryBefore(cursor: string | null | undefined): string | null {
  return readCursor(DELIVERIES, cursor);
}

function deliveryOf(row: Row): Delivery {
  return {
    id: row.id,
    provider: row.provider,
    providerEventId: row.providerEventId,
    providerEventType: row.providerEventType,
    outcome: row.outcome,
    reason: row.reason,
    receivedAt: row.receivedAt.getTime(),
    processedAt: row.processedAt?.getTime() ?? null,
    eventId: row.eventId,
    contactId: row.contactId,
  };
}
