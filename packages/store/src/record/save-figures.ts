import { withoutNul } from "../text.ts";
import { arrays, bigint, text, time } from "./arrays.ts";
import type { Transaction } from "./transaction.ts";

export const HOUR = 3_600_000;

/** The beginning of the hour in which deliveries are counted together. Epoch milliseconds. */
export function hourOf(ms: number): number {
  return ms - (ms % HOUR);
}

export interface CountRow {
  readonly tenantId: string;
  readonly provider: string;
  readonly outcome: string;
  /** The hour of receipt, epoch milliseconds. */
  readonly hour: number;
  readonly count: number;
}

/** Rows are locked in the order of their key, here and in `saveHealth`, so that two that write the same ones never deadlock. */
export async function saveCounts(transaction: Transaction, rows: readonly CountRow[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO delivery_counts AS c (tenant_id, provider, outcome, hour, count)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[]) ORDER BY 1, 2, 3, 4
      ON CONFLICT (tenant_id, provider, hour, outcome) DO UPDATE SET count = c.count + excluded.count`,
    values: arrays(
      rows,
      text((c) => c.tenantId),
      text((c) => c.provider),
      text((c) => c.outcome),
      time((c) => c.hour),
      bigint((c) => c.count),
    ),
  });
}

export interface HealthRow {
  readonly tenantId: string;
  readonly provider: string;
  /** By how many the contacts that this provider knows rose or fell. */
  readonly contacts: number;
  readonly lastActivityAt: number | null;
  readonly lastEventType: string | null;
  readonly lastProblem: string | null;
  readonly lastProblemAt: number | null;
}

/** A row that changes nothing yet. */
export function unchangedHealth(tenantId: string, provider: string): HealthRow {
  return {
    tenantId,
    provider,
    contacts: 0,
    lastActivityAt: null,
    lastEventType: null,
    lastProblem: null,
    lastProblemAt: null,
  };
}

export async function saveHealth(transaction: Transaction, rows: readonly HealthRow[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO connector_health AS h (tenant_id, provider, contacts, last_activity_at, last_event_type, last_problem, last_problem_at)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::timestamptz[])
       ORDER BY 1, 2
      ON CONFLICT (tenant_id, provider) DO UPDATE SET
        contacts = h.contacts + excluded.contacts,
        last_event_type = CASE WHEN excluded.last_activity_at >= COALESCE(h.last_activity_at, '-infinity')
                               THEN excluded.last_event_type ELSE h.last_event_type END,
        last_activity_at = GREATEST(h.last_activity_at, excluded.last_activity_at),
        last_problem = CASE WHEN excluded.last_problem_at >= COALESCE(h.last_problem_at, '-infinity')
                            THEN excluded.last_problem ELSE h.last_problem END,
        last_problem_at = GREATEST(h.last_problem_at, excluded.last_problem_at)`,
    values: arrays(
      rows,
      text((h) => h.tenantId),
      text((h) => h.provider),
      bigint((h) => h.contacts),
      time((h) => h.lastActivityAt),
      text((h) => withoutNul(h.lastEventType)),
      text((h) => withoutNul(h.lastProblem)),
      time((h) => h.lastProblemAt),
    ),
  });
}
