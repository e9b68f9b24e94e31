import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";
import { arrays, text, time, uuid } from "./record/arrays.ts";
import { saveSecretUse } from "./record/save-deliveries.ts";
import { hourOf, saveCounts, saveHealth, unchangedHealth, type CountRow, type HealthRow } from "./record/save-figures.ts";
import { withFreeStreams, type Streams } from "./record/stream.ts";
import type { Transaction } from "./record/transaction.ts";
import { storable } from "./text.ts";

const MAX_TEXT = 500;

/** How long a stream that somebody holds is waited for: longer than a batch of deliveries takes. */
const HELD_MS = 1_000;
/** And all of them together. */
const ALL_MS = 5_000;

/** Past so many of one connector's rejected deliveries an hour, more of them are counted and no longer listed. */
const MAX_REJECTED_AN_HOUR = 1_000;

/** A delivery that left no job. Times in epoch milliseconds. */
export interface JoblessDelivery {
  readonly tenantId: string;
  readonly provider: Provider;
  readonly deliveryId: string;
  readonly providerEventId: string | null;
  readonly providerEventType: string | null;
  readonly outcome: "rejected" | "duplicate" | "ignored";
  readonly reason: string;
  readonly receivedAt: number;
  readonly secretId: string | null;
  readonly requestId: string | null;
  /** How many deliveries alike it stands for. */
  readonly count: number;
}

/**
 * Lists and counts jobless deliveries. The same ones may come again: each is listed and counted once (but for a flood of
 * rejected ones, which is only counted, and counted twice where a batch of it comes twice). Those of tenants that do not
 * exist are dropped. Whoever holds a stream is waited for without holding any other, and not for long: an erasure may take
 * half a minute, and nobody else's deliveries have to wait for it. Answers those with which nothing was done therefore.
 */
export async function saveJoblessDeliveries(store: Store, deliveries: readonly JoblessDelivery[]): Promise<JoblessDelivery[]> {
  if (deliveries.length === 0) return [];
  const kept = onceEach(deliveries);
  const save = (transaction: Transaction, streams: Streams) => saveKnown(transaction, kept.filter(({ tenantId }) => streams.has(tenantId)));
  const until = performance.now() + ALL_MS;
  const { left: held } = await withFreeStreams(store.pool, kept.map(({ tenantId }) => tenantId), null, save);
  let left = held;
  for (const tenantId of held) {
    if (performance.now() > until) break;
    if (left.has(tenantId)) ({ left } = await withFreeStreams(store.pool, [...left], { tenantId, ms: HELD_MS }, save));
  }
  return kept.filter(({ tenantId }) => left.has(tenantId));
}

async function saveKnown(transaction: Transaction, known: readonly JoblessDelivery[]): Promise<void> {
  const isFlooded = await floodsAmong(transaction, known);
  const flood = known.filter(isFlooded);
  const listed = await insertDeliveries(transaction, known.filter((delivery) => !isFlooded(delivery)));
  const fresh = known.filter((delivery) => listed.has(keyOf(delivery))).concat(flood);
  await saveCounts(transaction, countRows(fresh));
  await saveHealth(transaction, healthRows(fresh));
  await saveSecretUse(
    transaction,
    new Map(fresh.flatMap((delivery) => (delivery.secretId === null ? [] : [[delivery.secretId, delivery.receivedAt] as const]))),
  );
}

function onceEach(deliveries: readonly JoblessDelivery[]): JoblessDelivery[] {
  return [...new Map(deliveries.map((delivery) => [keyOf(delivery), delivery])).values()];
}

/** Tells those of connectors that had too many rejected deliveries in their hour already. */
async function floodsAmong(
  transaction: Transaction,
  deliveries: readonly JoblessDelivery[],
): Promise<(delivery: JoblessDelivery) => boolean> {
  const rejected = countRows(deliveries.filter(({ outcome }) => outcome === "rejected"));
  if (rejected.length === 0) return () => false;
  const { rows } = await transaction.query<{ tenantId: string; provider: string; hour: Date }>(
    `SELECT tenant_id AS "tenantId", provider, hour
       FROM delivery_counts JOIN unnest($1::text[], $2::text[], $3::timestamptz[]) AS w(tenant_id, provider, hour)
         USING (tenant_id, provider, hour)
      WHERE outcome = 'rejected' AND count >= $4`,
    [...arrays(rejected, text((r) => r.tenantId), text((r) => r.provider), time((r) => r.hour)), MAX_REJECTED_AN_HOUR],
  );
  const floods = new Set(rows.map((row) => `${row.tenantId} ${row.provider} ${row.hour.getTime()}`));
  return ({ outcome, tenantId, provider, receivedAt }) =>
    outcome === "rejected" && floods.has(`${tenantId} ${provider} ${hourOf(receivedAt)}`);
}

/** Answers the keys of those that were not there before. */
async function insertDeliveries(transaction: Transaction, deliveries: readonly JoblessDelivery[]): Promise<Set<string>> {
  const { rows } = await transaction.query<{ tenantId: string; deliveryId: string }>(
    `INSERT INTO deliveries (tenant_id, id, provider, provider_event_id, provider_event_type, outcome, reason, received_at,
                             secret_id, request_id)
     SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                          $8::timestamptz[], $9::uuid[], $10::text[])
     ON CONFLICT (tenant_id, id) DO NOTHING
     RETURNING tenant_id AS "tenantId", id AS "deliveryId"`,
    arrays(
      deliveries,
      text((d) => d.tenantId),
      uuid((d) => d.deliveryId),
      text((d) => d.provider),
      text((d) => shortened(d.providerEventId)),
      text((d) => shortened(d.providerEventType)),
      text((d) => d.outcome),
      text((d) => shortened(d.reason)),
      time((d) => d.receivedAt),
      uuid((d) => d.secretId),
      text((d) => shortened(d.requestId)),
    ),
  );
  return new Set(rows.map(keyOf));
}

function shortened(given: string | null): string | null {
  return given === null ? null : storable(given, MAX_TEXT);
}

function keyOf({ tenantId, deliveryId }: { tenantId: string; deliveryId: string }): string {
  return `${tenantId} ${deliveryId}`;
}

function countRows(deliveries: readonly JoblessDelivery[]): CountRow[] {
  const rows = new Map<string, CountRow>();
  for (const { tenantId, provider, outcome, receivedAt, count } of deliveries) {
    const hour = hourOf(receivedAt);
    const key = `${tenantId} ${provider} ${outcome} ${hour}`;
    rows.set(key, { tenantId, provider, outcome, hour, count: (rows.get(key)?.count ?? 0) + count });
  }
  return [...rows.values()];
}

/** Only a delivery with a right signature is activity: anyone can send the others. */
function healthRows(deliveries: readonly JoblessDelivery[]): HealthRow[] {
  const rows = new Map<string, HealthRow>();
  for (const delivery of [...deliveries].sort((a, b) => a.receivedAt - b.receivedAt)) {
    const key = `${delivery.tenantId} ${delivery.provider}`;
    const row = rows.get(key) ?? unchangedHealth(delivery.tenantId, delivery.provider);
    rows.set(key, {
      ...row,
      ...(delivery.outcome === "rejected"
        ? { lastProblem: shortened(delivery.reason), lastProblemAt: delivery.receivedAt }
        : { lastActivityAt: delivery.receivedAt, lastEventType: shortened(delivery.providerEventType) }),
    });
  }
  return [...rows.values()];
}
