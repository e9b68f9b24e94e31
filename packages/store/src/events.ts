import type { EventData, EventType, Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";
import { limitOf, pageOf, readCursor, UUID, writeCursor, type CursorForm, type Page, type PageRequest } from "./page.ts";
import { resolvedContact } from "./resolve-contact.ts";
import { isStorable } from "./text.ts";

/** An event's number in its tenant's stream. At most as many digits as a bigint has. */
const EVENTS: CursorForm = { list: "events", position: /^(?:0|[1-9]\d{0,17})$/ };
/** The same, the other way round. */
const NEWEST_EVENTS: CursorForm = { ...EVENTS, list: "newest events" };
const BEGINNING = "0";
const LAST_SEQ = "9223372036854775807";

/** An Event as the contract shows it. Times in epoch milliseconds. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly provider: Provider;
  readonly providerEventId: string;
  readonly providerEventType: string;
  readonly contactId: string | null;
  readonly signup: boolean;
  /** The first event that told of the same thing. */
  readonly repeatOf: string | null;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly data: EventData;
}

export interface EventFilter {
  readonly type?: string | undefined;
  readonly provider?: string | undefined;
  /** Also the id of a contact that was merged into another. */
  readonly contactId?: string | undefined;
}

export interface EventPage extends Page<RecordedEvent> {
  /** The place after the last item, also at the end of the list: whoever comes back with it gets what was recorded since. */
  readonly resumeCursor: string | null;
}

interface Row extends Omit<RecordedEvent, "occurredAt" | "recordedAt"> {
  readonly seq: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

const COLUMNS = `
  e.seq, e.id, e.type, e.provider, e.provider_event_id AS "providerEventId", e.provider_event_type AS "providerEventType",
  e.contact_id AS "contactId", e.signup, e.repeat_of AS "repeatOf", e.occurred_at AS "occurredAt",
  e.recorded_at AS "recordedAt", e.data`;

/**
 * A tenant's events in the order recorded: following the cursor misses none and repeats none, because events get their
 * numbers without gaps and in the order of commits. Of one contact's events that holds until those of another come to it, as
 * when the two are merged: what was recorded before the cursor lies behind the reader then, who has to begin anew to see it.
 * `newestFirst` turns the order round; its cursors are of their own.
 * Throws `InvalidInput` for a limit or cursor that can't be one.
 */
export async function listEvents(
  store: Store,
  tenantId: string,
  request: PageRequest & EventFilter & { readonly newestFirst?: boolean } = {},
): Promise<EventPage> {
  const { newestFirst = false } = request;
  const form = newestFirst ? NEWEST_EVENTS : EVENTS;
  const limit = limitOf(request);
  const from = readCursor(form, request.cursor);
  const rows = await queryEvents(store, request, {
    tenantId,
    from: from ?? (newestFirst ? LAST_SEQ : BEGINNING),
    newestFirst,
    limit: limit + 1,
  });
  const page = pageOf(form, rows, limit, { position: (row) => row.seq, item: eventOf });
  const last = rows.slice(0, limit).at(-1)?.seq ?? from ?? BEGINNING;
  return { ...page, resumeCursor: newestFirst ? null : writeCursor(form, last) };
}

interface Span {
  readonly tenantId: string;
  readonly from: string;
  readonly newestFirst: boolean;
  readonly limit: number;
}

/** Every way of filtering reads along an index that has the events in order, so a page costs the same in any stream. */
async function queryEvents(store: Store, filter: EventFilter, span: Span): Promise<Row[]> {
  const { type = null, provider = null, contactId } = filter;
  if (![type, provider].every((text) => text === null || isStorable(text))) return [];
  if (contactId !== undefined) {
    return UUID.test(contactId) ? query(store, ofContact, span, [contactId, type, provider]) : [];
  }
  if (type === null && provider === null) return query(store, ofAll, span, []);
  return query(store, ofKinds, span, [type, provider]);
}

async function query(
  store: Store,
  sql: (past: string, order: string) => string,
  { tenantId, from, newestFirst, limit }: Span,
  values: readonly unknown[],
): Promise<Row[]> {
  const text = newestFirst ? sql("e.seq < $2", "seq DESC") : sql("e.seq > $2", "seq");
  const { rows } = await store.pool.query<Row>(text, [tenantId, from, limit, ...values]);
  return rows;
}

const ofAll = (past: string, order: string) => `
  SELECT ${COLUMNS} FROM events e WHERE e.tenant_id = $1 AND ${past} ORDER BY ${order} LIMIT $3`;

const ofContact = (past: string, order: string) => `
  SELECT ${COLUMNS} FROM events e
   WHERE e.tenant_id = $1 AND ${past} AND e.contact_id = ${resolvedContact("$1", "$4")}
     AND ($5::text IS NULL OR e.type = $5) AND ($6::text IS NULL OR e.provider = $6)
   ORDER BY ${order} LIMIT $3`;

/**
 * The pairs of type and provider that a tenant has events of, found in hops over the index. There are a few dozen at most,
 * so the pages of the matching ones, put together, hold the page that was asked for.
 */
const KINDS = `
  kinds AS (
    (SELECT type, provider FROM events WHERE tenant_id = $1 ORDER BY type, provider LIMIT 1)
    UNION ALL
    SELECT n.type, n.provider FROM kinds k CROSS JOIN LATERAL (
      SELECT e.type, e.provider FROM events e
       WHERE e.tenant_id = $1 AND (e.type, e.provider) > (k.type, k.provider)
       ORDER BY e.type, e.provider LIMIT 1
    ) n
  )`;

const ofKinds = (past: string, order: string) => `
  WITH RECURSIVE ${KINDS}
  SELECT e.* FROM kinds k CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM events e
     WHERE e.tenant_id = $1 AND e.type = k.type AND e.provider = k.provider AND ${past}
     ORDER BY ${order} LIMIT $3
  ) e
   WHERE ($4::text IS NULL OR k.type = $4) AND ($5::text IS NULL OR k.provider = $5)
   ORDER BY ${order} LIMIT $3`;

/**
 * Where one of a contact's events stands: the cursor of its newest-first list for the page that begins with it. `contactId` may
 * be the id of a contact that was merged into another. Null where there is none.
 */
export async function cursorToEvent(store: Store, tenantId: string, contactId: string, eventId: string): Promise<string | null> {
  if (!UUID.test(contactId) || !UUID.test(eventId)) return null;
  const { rows } = await store.pool.query<{ after: string }>(
    `SELECT (e.seq + 1)::text AS after FROM events e WHERE e.tenant_id = $1 AND e.id = $3
        AND e.contact_id = ${resolvedContact("$1", "$2")}`,
    [tenantId, contactId, eventId],
  );
  return rows[0] ? writeCursor(NEWEST_EVENTS, rows[0].after) : null;
}

/** The event recorded under a key (`eventKeyOf`). Null where there is none (yet). */
export async function findEvent(
  store: Store,
  tenantId: string,
  provider: Provider,
  eventKey: string,
): Promise<RecordedEvent | null> {
  if (!isStorable(eventKey)) return null;
  const { rows } = await store.pool.query<Row>(
    `SELECT ${COLUMNS} FROM events e WHERE e.tenant_id = $1 AND e.provider = $2 AND e.event_key = $3`,
    [tenantId, provider, eventKey],
  );
  return rows[0] ? eventOf(rows[0]) : null;
}

function eventOf(row: Row): RecordedEvent {
  const { seq: _, ...event } = row;
  return { ...event, occurredAt: row.occurredAt.getTime(), recordedAt: row.recordedAt.getTime() };
}
