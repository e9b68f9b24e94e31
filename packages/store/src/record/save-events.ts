import type { EventData, Provider } from "@mara/connectors";
import { arrays, bigint, bool, jsonb, text, time, uuid } from "./arrays.ts";
import type { EventRow, SubjectRow } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** Records events and moves each stream's last number. The unique (tenant, provider, event key) is the last word against doubles. */
export async function saveEvents(transaction: Transaction, rows: readonly EventRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  await Promise.all([insertEvents(transaction, rows, now), moveStreams(transaction, rows)]);
}

async function insertEvents(transaction: Transaction, rows: readonly EventRow[], now: number): Promise<void> {
  await transaction.query({
    text: `
      INSERT INTO events (tenant_id, seq, id, type, provider, provider_event_id, event_key, provider_event_type, contact_id,
                          via, subject, signup, repeat_of, occurred_at, data, recorded_at)
      SELECT tenant_id, seq, id, type, provider, provider_event_id, event_key, provider_event_type, contact_id,
             via, subject, signup, repeat_of, occurred_at, data, $16
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::uuid[], $10::text[], $11::text[], $12::bool[], $13::uuid[], $14::timestamptz[], $15::jsonb[])
          AS e(tenant_id, seq, id, type, provider, provider_event_id, event_key, provider_event_type, contact_id,
               via, subject, signup, repeat_of, occurred_at, data)`,
    values: [
      ...arrays(
        rows,
        text((e) => e.tenantId),
        bigint((e) => e.seq),
        uuid((e) => e.id),
        text((e) => e.type),
        text((e) => e.provider),
        text((e) => e.providerEventId),
        text((e) => e.eventKey),
        text((e) => e.providerEventType),
        uuid((e) => e.contactId),
        text((e) => e.via),
        text((e) => e.subject),
        bool((e) => e.signup),
        uuid((e) => e.repeatOf),
        time((e) => e.occurredAt),
        jsonb((e) => e.data),
      ),
      new Date(now),
    ],
  });
}

async function moveStreams(transaction: Transaction, rows: readonly EventRow[]): Promise<void> {
  const last = new Map<string, bigint>();
  for (const row of rows) if (row.seq > (last.get(row.tenantId) ?? 0n)) last.set(row.tenantId, row.seq);
  await transaction.query({
    text: `UPDATE streams s SET last_seq = l.seq FROM unnest($1::text[], $2::bigint[]) AS l(tenant_id, seq)
            WHERE s.tenant_id = l.tenant_id`,
    values: arrays([...last], text(([tenantId]) => tenantId), bigint(([, seq]) => seq)),
  });
}

export interface AmendmentRow {
  readonly tenantId: string;
  readonly provider: Provider;
  readonly eventKey: string;
  readonly data: EventData;
}

/** Lays corrected keys over the data of recorded events. */
export async function saveAmendments(transaction: Transaction, rows: readonly AmendmentRow[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query(
    `UPDATE events e SET data = e.data || a.data
       FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) AS a(tenant_id, provider, event_key, data)
      WHERE e.tenant_id = a.tenant_id AND e.provider = a.provider AND e.event_key = a.event_key`,
    arrays(rows, text((a) => a.tenantId), text((a) => a.provider), text((a) => a.eventKey), jsonb((a) => a.data)),
  );
}

export async function saveSubjects(transaction: Transaction, rows: readonly SubjectRow[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO subjects (tenant_id, provider, subject, history, firsts, via)
      SELECT tenant_id, provider, subject, history, firsts, via
        FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::jsonb[], $6::text[])
          AS s(tenant_id, provider, subject, history, firsts, via)
      ON CONFLICT (tenant_id, provider, subject) DO UPDATE SET
        history = excluded.history, firsts = excluded.firsts, via = excluded.via`,
    values: arrays(
      rows,
      text((s) => s.tenantId),
      text((s) => s.provider),
      text((s) => s.subject),
      jsonb((s) => s.history),
      jsonb((s) => s.firsts),
      text((s) => s.via),
    ),
  });
}
