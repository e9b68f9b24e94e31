import type { QueryResult } from "pg";
import type { Store } from "./open-store.ts";
import { FIRST_UUID } from "./page.ts";
import { HOUR, hourOf } from "./record/save-figures.ts";

const DAY = 24 * HOUR;

/** So few rows that a batch locks nobody out for long, so many that a day's worth is soon gone. */
const BATCH = 2_000;
const MAX_JOBLESS_DELIVERIES = 50_000;
/** Days that a secret which no longer counts still tells which one verified a delivery. */
const SECRET_DAYS = 30;

/** Days count from receipt. Events and contacts stay until they are erased. */
export interface RetentionPolicy {
  readonly payloadDays: number;
  /** Of deliveries that failed: they are kept longer, so that they can still be replayed. Default: as long as they are listed. */
  readonly failedPayloadDays?: number;
  readonly deliveryDays: number;
  /** The most rejected, duplicate or ignored deliveries that are listed, for each tenant, provider and outcome. Default 50,000. */
  readonly maxJoblessDeliveries?: number;
}

/** How many rows were removed. */
export interface Swept {
  readonly payloads: number;
  readonly deliveries: number;
  readonly counts: number;
  readonly secrets: number;
}

/**
 * Removes what is past its time, in small batches that hold nobody up: rows that somebody works on are left for the next
 * time. @param options.signal stops it between two batches.
 */
export async function sweepOld(
  store: Store,
  policy: RetentionPolicy,
  options: { readonly now?: number; readonly signal?: AbortSignal; readonly batch?: number } = {},
): Promise<Swept> {
  const { now = await earlierNow(store), signal, batch = BATCH } = options;
  const daysAgo = (days: number) => new Date(now - days * DAY);
  const sweep = async (sql: string, values: readonly unknown[]): Promise<number> => {
    let removed = 0;
    while (!signal?.aborted) {
      const { rowCount } = await store.pool.query(sql, [...values, batch]);
      removed += rowCount ?? 0;
      if ((rowCount ?? 0) < batch) break;
    }
    return removed;
  };
  const failedPayloadDays = policy.failedPayloadDays ?? policy.deliveryDays;
  const payloads = await sweepPayloads(store, {
    before: firstIdOf(daysAgo(policy.payloadDays)),
    failedBefore: firstIdOf(daysAgo(Math.max(policy.payloadDays, failedPayloadDays))),
    batch,
    signal,
  });
  let deliveries = await sweepDeliveries(store, firstIdOf(daysAgo(policy.deliveryDays)), batch, signal);
  for (const { tenantId, provider, outcome } of signal?.aborted ? [] : await recentJoblessDeliveries(store, daysAgo(1))) {
    if (signal?.aborted) break;
    const surplus = await firstOfSurplus(store, [tenantId, provider, outcome, policy.maxJoblessDeliveries ?? MAX_JOBLESS_DELIVERIES]);
    if (surplus !== null) deliveries += await sweep(SURPLUS_DELIVERIES, [tenantId, provider, outcome, surplus]);
  }
  // An hour's counts outlast its deliveries: one that is still there may be replayed, and is then counted over.
  const counts = await sweep(OLD_COUNTS, [new Date(hourOf(now - policy.deliveryDays * DAY))]);
  const secrets = await sweep(OLD_SECRETS, [daysAgo(SECRET_DAYS)]);
  return { payloads, deliveries, counts, secrets };
}

/** By the clock that is behind, this process's or Postgres': one that is ahead would have everything removed, for good. */
async function earlierNow(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ now: Date }>("SELECT now()");
  return Math.min(Date.now(), ...rows.map((row) => row.now.getTime()));
}

/** The smallest UUID of version 7 of a time: ids before it are of deliveries that were received before. */
export function firstIdOf(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

interface PayloadSweep {
  /** The id of the first delivery whose payload stays, and of the first one that failed. */
  readonly before: string;
  readonly failedBefore: string;
  readonly batch: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * In one walk over all that are old, which goes on where the last batch ended: those of failed deliveries stay for long, and
 * where one tenant has millions of them, to look at them in every batch would take so long that nothing is ever removed.
 */
async function sweepPayloads(store: Store, { before, failedBefore, batch, signal }: PayloadSweep): Promise<number> {
  let removed = 0;
  let last: Walked | undefined = { tenantId: "", id: FIRST_UUID, removed: 0 };
  while (last && !signal?.aborted) {
    const { rows }: QueryResult<Walked> = await store.pool.query(OLD_PAYLOADS, [before, failedBefore, last.tenantId, last.id, batch]);
    last = rows[0];
    removed += last?.removed ?? 0;
  }
  return removed;
}

/** In one walk over the tenants as well: to begin with the first one in every batch takes too long where there are very many. */
async function sweepDeliveries(store: Store, before: string, batch: number, signal: AbortSignal | undefined): Promise<number> {
  let removed = 0;
  let last: string | undefined = "";
  while (last !== undefined && !signal?.aborted) {
    const { rows }: QueryResult<{ last: string }> = await store.pool.query(OLD_DELIVERIES, [before, batch, last]);
    last = rows.length < batch ? undefined : rows[0]?.last;
    removed += rows.length;
  }
  return removed;
}

/** The last payload of a batch, and how many of the batch were removed. */
interface Walked {
  readonly tenantId: string;
  readonly id: string;
  readonly removed: number;
}

const OLD_PAYLOADS = `
  WITH seen AS MATERIALIZED (
    SELECT x.tenant_id, x.delivery_id
      FROM (SELECT tenant_id FROM streams WHERE tenant_id >= $3 ORDER BY tenant_id) s CROSS JOIN LATERAL (
        SELECT o.tenant_id, o.delivery_id FROM payloads o
         WHERE o.tenant_id = s.tenant_id AND o.delivery_id < $1
           AND o.delivery_id > CASE WHEN s.tenant_id = $3 THEN $4::uuid ELSE '${FIRST_UUID}' END
         ORDER BY o.delivery_id LIMIT $5
      ) x LIMIT $5
  ), old AS MATERIALIZED (
    SELECT p.tenant_id, p.delivery_id FROM seen JOIN payloads p USING (tenant_id, delivery_id)
     WHERE p.delivery_id < $2 OR NOT EXISTS (
             SELECT 1 FROM deliveries d WHERE d.tenant_id = seen.tenant_id AND d.id = seen.delivery_id AND d.outcome = 'failed')
       FOR UPDATE OF p SKIP LOCKED
  ), gone AS (
    DELETE FROM payloads p USING old WHERE p.tenant_id = old.tenant_id AND p.delivery_id = old.delivery_id RETURNING 1
  )
  SELECT tenant_id AS "tenantId", delivery_id AS id, (SELECT count(*) FROM gone)::int AS removed
    FROM seen ORDER BY tenant_id DESC, delivery_id DESC LIMIT 1`;

/** Deletes the deliveries in \`old\`, with what is left of their payloads. Each answers the last tenant among them. */
function deleteDeliveries(old: string): string {
  return `
    WITH old AS MATERIALIZED (${old}), bodies AS (
      DELETE FROM payloads p USING old WHERE p.tenant_id = old.tenant_id AND p.delivery_id = old.id
    )
    DELETE FROM deliveries d USING old WHERE d.tenant_id = old.tenant_id AND d.id = old.id
    RETURNING (SELECT max(tenant_id) FROM old) AS last`;
}

const OLD_DELIVERIES = deleteDeliveries(`
  SELECT x.tenant_id, x.id FROM (SELECT tenant_id FROM streams WHERE tenant_id >= $3 ORDER BY tenant_id) s CROSS JOIN LATERAL (
    SELECT o.tenant_id, o.id FROM deliveries o WHERE o.tenant_id = s.tenant_id AND o.id < $1
     ORDER BY o.id LIMIT $2 FOR UPDATE SKIP LOCKED
  ) x LIMIT $2`);

const SURPLUS_DELIVERIES = deleteDeliveries(`
  SELECT o.tenant_id, o.id FROM deliveries o
   WHERE o.tenant_id = $1 AND o.provider = $2 AND o.outcome = $3 AND o.id <= $4
   ORDER BY o.id LIMIT $5 FOR UPDATE SKIP LOCKED`);

const OLD_COUNTS = `
  DELETE FROM delivery_counts c USING (
    SELECT tenant_id, provider, hour, outcome FROM delivery_counts WHERE hour < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
  ) old
  WHERE c.tenant_id = old.tenant_id AND c.provider = old.provider AND c.hour = old.hour AND c.outcome = old.outcome`;

const OLD_SECRETS = `
  DELETE FROM signing_secrets WHERE id IN (
    SELECT id FROM signing_secrets WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`;

/** Only a list that grew lately can have grown too long. */
async function recentJoblessDeliveries(
  store: Store,
  since: Date,
): Promise<{ tenantId: string; provider: string; outcome: string }[]> {
  const { rows } = await store.pool.query<{ tenantId: string; provider: string; outcome: string }>(
    `SELECT DISTINCT tenant_id AS "tenantId", provider, outcome FROM delivery_counts
      WHERE hour >= $1 AND outcome IN ('rejected', 'duplicate', 'ignored')`,
    [since],
  );
  return rows;
}

async function firstOfSurplus(store: Store, values: readonly unknown[]): Promise<string | null> {
  const { rows } = await store.pool.query<{ id: string }>(
    `SELECT id FROM deliveries WHERE tenant_id = $1 AND provider = $2 AND outcome = $3 ORDER BY id DESC OFFSET $4 LIMIT 1`,
    [...values],
  );
  return rows[0]?.id ?? null;
}
