import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";
import { HOUR, hourOf } from "./record/save-figures.ts";

const DAY = 24 * HOUR;

/** Silent for so long, an integration that used to flow is missed. */
const SILENT_MS = DAY;
/** It used to flow where it had deliveries on so many of the seven days before: one that nobody uses any more is not missed for long. */
const WEEK_MS = 7 * DAY;
const FLOWING_DAYS = 5;

/** So few rejected deliveries are no trouble yet. */
const MANY_REJECTED = 10;

/** A tenant's integration that somebody should look at. */
export interface TroubledIntegration {
  readonly tenantId: string;
  readonly provider: Provider;
}

export interface TroubledIntegrations {
  /** Deliveries with a right signature came on most days of the week before, and none for a day. */
  readonly silent: readonly TroubledIntegration[];
  /** Of this hour's and the last one's deliveries, ten or more and over half were rejected. */
  readonly rejected: readonly TroubledIntegration[];
}

/** The integrations in trouble, over all tenants. @param now epoch milliseconds. */
export async function troubledIntegrations(store: Store, now: number = Date.now()): Promise<TroubledIntegrations> {
  const silentSince = now - SILENT_MS;
  const silent = await store.pool.query<TroubledIntegration>(SILENT, [
    new Date(silentSince - WEEK_MS),
    new Date(silentSince),
    FLOWING_DAYS,
  ]);
  const rejected = await store.pool.query<TroubledIntegration>(REJECTED, [new Date(hourOf(now) - HOUR), MANY_REJECTED]);
  return { silent: silent.rows, rejected: rejected.rows };
}

/** One that was removed is not missed. */
const SILENT = `
  SELECT h.tenant_id AS "tenantId", h.provider
    FROM connector_health h JOIN integrations i USING (tenant_id, provider)
   WHERE h.last_activity_at >= $1 AND h.last_activity_at < $2
     AND $3 <= (SELECT count(DISTINCT date_trunc('day', c.hour AT TIME ZONE 'UTC')) FROM delivery_counts c
                 WHERE c.tenant_id = h.tenant_id AND c.provider = h.provider
                   AND c.hour >= $1 AND c.hour < $2 AND c.outcome <> 'rejected' AND c.count > 0)
   ORDER BY h.tenant_id, h.provider`;

const REJECTED = `
  SELECT tenant_id AS "tenantId", provider FROM delivery_counts
   WHERE hour >= $1
   GROUP BY tenant_id, provider
  HAVING COALESCE(sum(count) FILTER (WHERE outcome = 'rejected'), 0) >= $2
     AND COALESCE(sum(count) FILTER (WHERE outcome = 'rejected'), 0) > COALESCE(sum(count) FILTER (WHERE outcome <> 'rejected'), 0)
   ORDER BY tenant_id, provider`;
