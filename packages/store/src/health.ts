import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";
import { HOUR, hourOf } from "./record/save-figures.ts";

/** Deliveries by what became of them. What still waits is in the queue and not counted here. */
export interface OutcomeCounts {
  readonly processed: number;
  readonly ignored: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly failed: number;
}

/** How a tenant's connector does. Times in epoch milliseconds. */
export interface ConnectorHealth {
  /** The contacts that this provider knows. */
  readonly contacts: number;
  /** The last delivery with a right signature, and what it told of. */
  readonly lastActivityAt: number | null;
  readonly lastEventType: string | null;
  /** The reason of the last delivery that was rejected or failed. */
  readonly lastProblem: string | null;
  readonly lastProblemAt: number | null;
  /** The sum of `hours`. What the contract calls `queued` is `processed` and what is pending. */
  readonly last24h: OutcomeCounts;
  /** The last 24 hours of the clock, oldest first, the running one included; `hour` is its beginning. */
  readonly hours: readonly (OutcomeCounts & { readonly hour: number })[];
}

/** What is kept of a connector, beside one count of one of its hours, or beside nulls where none of them has one. */
interface FiguresRow {
  readonly provider: string;
  readonly contacts: number | null;
  readonly lastActivityAt: Date | null;
  readonly lastEventType: string | null;
  readonly lastProblem: string | null;
  readonly lastProblemAt: Date | null;
  readonly hour: Date | null;
  readonly outcome: keyof OutcomeCounts | null;
  readonly count: number | null;
}

const NOTHING: OutcomeCounts = { processed: 0, ignored: 0, duplicate: 0, rejected: 0, failed: 0 };

/** The health of each of `providers`. @param now epoch milliseconds. */
export async function readHealth<P extends Provider>(
  store: Store,
  tenantId: string,
  providers: readonly P[],
  now: number = Date.now(),
): Promise<Map<P, ConnectorHealth>> {
  const firstHour = hourOf(now) - 23 * HOUR;
  // One statement sees one state: with two of them, a delivery could be counted and its problem not be there yet.
  const { rows } = await store.pool.query<FiguresRow>(
    `SELECT p.provider, h.contacts::float8 AS contacts, h.last_activity_at AS "lastActivityAt", h.last_event_type AS "lastEventType",
            h.last_problem AS "lastProblem", h.last_problem_at AS "lastProblemAt", c.hour, c.outcome, c.count::float8 AS count
       FROM unnest($2::text[]) AS p(provider)
       LEFT JOIN connector_health h ON h.tenant_id = $1 AND h.provider = p.provider
       LEFT JOIN delivery_counts c ON c.tenant_id = $1 AND c.provider = p.provider AND c.hour >= $3`,
    [tenantId, providers, new Date(firstHour)],
  );
  return new Map(providers.map((provider) => [provider, healthOf(rows.filter((row) => row.provider === provider), firstHour)]));
}

function healthOf(rows: readonly FiguresRow[], firstHour: number): ConnectorHealth {
  const kept = rows[0];
  const hours = hoursFrom(firstHour, rows);
  return {
    contacts: kept?.contacts ?? 0,
    lastActivityAt: kept?.lastActivityAt?.getTime() ?? null,
    lastEventType: kept?.lastEventType ?? null,
    lastProblem: kept?.lastProblem ?? null,
    lastProblemAt: kept?.lastProblemAt?.getTime() ?? null,
    last24h: hours.reduce(sum, NOTHING),
    hours,
  };
}

function hoursFrom(firstHour: number, rows: readonly FiguresRow[]): (OutcomeCounts & { hour: number })[] {
  return Array.from({ length: 24 }, (_, i) => {
    const hour = firstHour + i * HOUR;
    const counted = rows.flatMap((row) => (row.hour?.getTime() === hour && row.outcome !== null ? [[row.outcome, row.count]] : []));
    return { ...NOTHING, ...Object.fromEntries(counted), hour };
  });
}

function sum(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  return {
    processed: a.processed + b.processed,
    ignored: a.ignored + b.ignored,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    failed: a.failed + b.failed,
  };
}
