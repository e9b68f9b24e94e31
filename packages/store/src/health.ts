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

interface KeptRow {
  readonly provider: string;
  readonly contacts: number;
  readonly lastActivityAt: Date | null;
  readonly lastEventType: string | null;
  readonly lastProblem: string | null;
  readonly lastProblemAt: Date | null;
}

interface HourRow {
  readonly provider: string;
  readonly hour: Date;
  readonly outcome: keyof OutcomeCounts;
  readonly count: number;
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
  const kept = await store.pool.query<KeptRow>(
    `SELECT provider, contacts::float8 AS contacts, last_activity_at AS "lastActivityAt", last_event_type AS "lastEventType",
            last_problem AS "lastProblem", last_problem_at AS "lastProblemAt"
       FROM connector_health WHERE tenant_id = $1`,
    [tenantId],
  );
  const counted = await store.pool.query<HourRow>(
    `SELECT provider, hour, outcome, count::float8 AS count
       FROM delivery_counts WHERE tenant_id = $1 AND provider = ANY($2::text[]) AND hour >= $3`,
    [tenantId, providers, new Date(firstHour)],
  );
  return new Map(
    providers.map((provider) => {
      const figures = kept.rows.find((row) => row.provider === provider);
      const hours = hoursFrom(firstHour, counted.rows.filter((row) => row.provider === provider));
      return [
        provider,
        {
          contacts: figures?.contacts ?? 0,
          lastActivityAt: figures?.lastActivityAt?.getTime() ?? null,
          lastEventType: figures?.lastEventType ?? null,
          lastProblem: figures?.lastProblem ?? null,
          lastProblemAt: figures?.lastProblemAt?.getTime() ?? null,
          last24h: hours.reduce(sum, NOTHING),
          hours,
        },
      ];
    }),
  );
}

function hoursFrom(firstHour: number, rows: readonly HourRow[]): (OutcomeCounts & { hour: number })[] {
  return Array.from({ length: 24 }, (_, i) => {
    const hour = firstHour + i * HOUR;
    const counted = rows.filter((row) => row.hour.getTime() === hour).map((row) => [row.outcome, row.count] as const);
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
