import type { CountRow, DeliveryRow, HealthRow } from "@mara/store";
import type { ContactCounts } from "./save-contacts.ts";

const HOUR = 3_600_000;

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
  const rows = new Map<string, CountRow>();
  const add = ({ tenantId, provider, receivedAt }: Recount, outcome: string, by: number) => {
    const hour = receivedAt - (receivedAt % HOUR);
    const key = `${tenantId} ${provider} ${outcome} ${hour}`;
    rows.set(key, { tenantId, provider, outcome, hour, count: (rows.get(key)?.count ?? 0) + by });
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
  const health = new Map<string, HealthRow>();
  const put = (tenantId: string, provider: string, change: (known: HealthRow) => Partial<HealthRow>) => {
    const key = `${tenantId} ${provider}`;
    const known = health.get(key) ?? unchanged(tenantId, provider);
    health.set(key, { ...known, ...change(known) });
  };
  for (const row of rows) {
    put(row.tenantId, row.provider, (known) => ({
      ...(row.receivedAt >= (known.lastActivityAt ?? 0) && {
        lastActivityAt: row.receivedAt,
        lastEventType: row.providerEventType,
      }),
      ...(row.outcome === "failed" && { lastProblem: row.reason, lastProblemAt: now }),
    }));
  }
  for (const [tenantId, counts] of contactCounts) {
    for (const [provider, contacts] of counts) if (contacts !== 0) put(tenantId, provider, () => ({ contacts }));
  }
  return [...health.values()];
}

function unchanged(tenantId: string, provider: string): HealthRow {
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
