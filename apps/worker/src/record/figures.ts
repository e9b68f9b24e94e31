import { hourOf, unchangedHealth, type CountRow, type DeliveryRow, type HealthRow } from "@mara/store";
import type { ContactCounts } from "./save-contacts.ts";

/** A delivery that stops to count under one outcome and counts under another. `from` null: it did not count before. */
export interface Recount {
  readonly tenantId: string;
  readonly provider: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly from: string | null;
  readonly to: string;
}

/** By how much each hour's counts change. */
export function countRows(recounts: readonly Recount[]): CountRow[] {
  const rows = new Map<string, CountRow & { count: number }>();
  const add = ({ tenantId, provider, receivedAt }: Recount, outcome: string, by: number) => {
    const hour = hourOf(receivedAt);
    const key = `${tenantId} ${provider} ${outcome} ${hour}`;
    const row = rows.get(key);
    if (row) row.count += by;
    else rows.set(key, { tenantId, provider, outcome, hour, count: by });
  };
  for (const recount of recounts) {
    if (recount.from !== null) add(recount, recount.from, -1);
    add(recount, recount.to, 1);
  }
  return [...rows.values()].filter((row) => row.count !== 0);
}

/** What the health strip's figures become: the latest activity, the latest problem, and by how much the contacts changed. */
export function healthRows(
  rows: readonly DeliveryRow[],
  contactCounts: ReadonlyMap<string, ContactCounts>,
  now: number,
): HealthRow[] {
  const health = new Map<string, Mutable<HealthRow>>();
  const of = (tenantId: string, provider: string): Mutable<HealthRow> => {
    const key = `${tenantId} ${provider}`;
    const known = health.get(key) ?? unchangedHealth(tenantId, provider);
    health.set(key, known);
    return known;
  };
  for (const row of rows) {
    const known = of(row.tenantId, row.provider);
    if (row.receivedAt >= (known.lastActivityAt ?? 0)) {
      known.lastActivityAt = row.receivedAt;
      known.lastEventType = row.providerEventType;
    }
    if (row.outcome === "failed") {
      known.lastProblem = row.reason;
      known.lastProblemAt = now;
    }
  }
  for (const [tenantId, counts] of contactCounts) {
    for (const [provider, contacts] of counts) if (contacts !== 0) of(tenantId, provider).contacts = contacts;
  }
  return [...health.values()];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
