import { withoutNul } from "../text.ts";
import { arrays, bool, text, time, uuid } from "./arrays.ts";
import type { EventKey } from "./load.ts";
import type { DeliveryRow } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** The outcomes that deliveries of these ids already have: for retries and replays. */
export async function loadOutcomes(
  transaction: Transaction,
  keys: readonly { tenantId: string; id: string }[],
): Promise<{ tenantId: string; id: string; outcome: string }[]> {
  const { rows } = await transaction.query<{ tenantId: string; id: string; outcome: string }>({
    text: `
      SELECT d.tenant_id AS "tenantId", d.id, d.outcome
        FROM unnest($1::text[], $2::uuid[]) AS w(tenant_id, id) JOIN deliveries d USING (tenant_id, id)`,
    values: arrays(keys, text((k) => k.tenantId), uuid((k) => k.id)),
  });
  return rows;
}

/** Writes what became of deliveries, with their kept bodies. A delivery that is there already takes its new outcome. */
export async function saveDeliveries(transaction: Transaction, rows: readonly DeliveryRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  await Promise.all([saveRows(transaction, rows, now), savePayloads(transaction, rows)]);
}

async function saveRows(transaction: Transaction, rows: readonly DeliveryRow[], now: number): Promise<void> {
  await transaction.query({
    text: `
      INSERT INTO deliveries (tenant_id, id, provider, provider_event_id, provider_event_type, outcome, reason, received_at,
                              processed_at, event_id, contact_id, via, secret_id, request_id, dedupe)
      SELECT tenant_id, id, provider, provider_event_id, provider_event_type, outcome, reason, received_at,
             $15, event_id, contact_id, via, secret_id, request_id, dedupe
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
                    $9::uuid[], $10::uuid[], $11::text[], $12::uuid[], $13::text[], $14::bool[])
          AS d(tenant_id, id, provider, provider_event_id, provider_event_type, outcome, reason, received_at,
               event_id, contact_id, via, secret_id, request_id, dedupe)
      ON CONFLICT (tenant_id, id) DO UPDATE SET
        outcome = excluded.outcome, reason = excluded.reason,
        processed_at = CASE WHEN deliveries.outcome = excluded.outcome AND excluded.outcome <> 'failed'
                            THEN deliveries.processed_at ELSE excluded.processed_at END,
        event_id = excluded.event_id, contact_id = excluded.contact_id, via = excluded.via`,
    values: [
      ...arrays(
        rows,
        text((d) => d.tenantId),
        uuid((d) => d.id),
        text((d) => d.provider),
        text((d) => withoutNul(d.providerEventId)),
        text((d) => withoutNul(d.providerEventType)),
        text((d) => d.outcome),
        text((d) => withoutNul(d.reason)),
        time((d) => d.receivedAt),
        uuid((d) => d.eventId),
        uuid((d) => d.contactId),
        text((d) => d.via),
        uuid((d) => d.secretId),
        text((d) => withoutNul(d.requestId)),
        bool((d) => d.dedupe),
      ),
      new Date(now),
    ],
  });
}

async function savePayloads(transaction: Transaction, rows: readonly DeliveryRow[]): Promise<void> {
  const kept = rows.filter((row) => row.body !== null);
  if (kept.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO payloads (tenant_id, delivery_id, body)
      SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[]) ON CONFLICT DO NOTHING`,
    values: arrays(kept, text((d) => d.tenantId), uuid((d) => d.id), text((d) => withoutNul(d.body))),
  });
}

/** Whom the delivery of an event was about. `via` is the identity that led to them, `space:id`. */
export interface Carrier extends EventKey {
  readonly contactId: string | null;
  readonly via: string;
}

/** Of events that were ignored when they came: whom they were about, as far as anybody knows. */
export async function loadCarriers(transaction: Transaction, keys: readonly EventKey[]): Promise<Carrier[]> {
  const { rows } = await transaction.query<Carrier>({
    text: `
      SELECT DISTINCT ON (d.tenant_id, d.provider, d.provider_event_id)
             d.tenant_id AS "tenantId", d.provider, d.provider_event_id AS "eventKey", d.contact_id AS "contactId", d.via
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(tenant_id, provider, provider_event_id)
        JOIN deliveries d USING (tenant_id, provider, provider_event_id)
       WHERE d.outcome = 'ignored' AND d.via IS NOT NULL
       ORDER BY d.tenant_id, d.provider, d.provider_event_id, d.id`,
    values: arrays(keys, text((k) => k.tenantId), text((k) => k.provider), text((k) => k.eventKey)),
  });
  return rows;
}

/** The delivery that carried an event which only a later one made a moment: it was ignored, and now it counts. */
export interface BelatedRow {
  readonly tenantId: string;
  readonly provider: string;
  readonly providerEventId: string;
  readonly eventId: string;
  readonly contactId: string | null;
  readonly via: string | null;
}

/** A delivery that counted as ignored, and what it counts as now. `receivedAt` in epoch milliseconds. */
export interface Changed {
  readonly tenantId: string;
  readonly provider: string;
  readonly receivedAt: number;
  readonly outcome: "processed" | "duplicate";
}

/**
 * Where an event was delivered several times before it counted, the first delivery brought it, and the others repeat it.
 * Whom a delivery was about, it knew when it came: that stays.
 */
export async function saveBelated(transaction: Transaction, rows: readonly BelatedRow[]): Promise<Changed[]> {
  if (rows.length === 0) return [];
  const changed = await transaction.query<Changed>(
    `WITH told AS (
       SELECT d.tenant_id, d.id, b.event_id, b.contact_id, b.via,
              d.id = min(d.id::text) OVER (PARTITION BY d.tenant_id, d.provider, d.provider_event_id)::uuid AS is_first
         FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::text[])
           AS b(tenant_id, provider, provider_event_id, event_id, contact_id, via)
         JOIN deliveries d USING (tenant_id, provider, provider_event_id)
        WHERE d.outcome = 'ignored')
     UPDATE deliveries d
        SET outcome = CASE WHEN t.is_first THEN 'processed' ELSE 'duplicate' END,
            reason = CASE WHEN t.is_first THEN NULL ELSE 'recorded before' END,
            event_id = t.event_id, contact_id = COALESCE(d.contact_id, t.contact_id), via = COALESCE(d.via, t.via)
       FROM told t WHERE d.tenant_id = t.tenant_id AND d.id = t.id
     RETURNING d.tenant_id AS "tenantId", d.provider, d.outcome,
               (extract(epoch FROM d.received_at) * 1000)::float8 AS "receivedAt"`,
    arrays(
      rows,
      text((b) => b.tenantId),
      text((b) => b.provider),
      text((b) => b.providerEventId),
      uuid((b) => b.eventId),
      uuid((b) => b.contactId),
      text((b) => b.via),
    ),
  );
  return changed.rows;
}

/** When each signing secret was last seen to match. At most one write a minute each. */
export async function saveSecretUse(transaction: Transaction, used: ReadonlyMap<string, number>): Promise<void> {
  if (used.size === 0) return;
  await transaction.query({
    text: `
      UPDATE signing_secrets s SET last_used_at = u.at FROM unnest($1::uuid[], $2::timestamptz[]) AS u(id, at)
       WHERE s.id = u.id AND (s.last_used_at IS NULL OR s.last_used_at < u.at - interval '1 minute')`,
    values: arrays([...used], uuid(([id]) => id), time(([, at]) => at)),
  });
}
