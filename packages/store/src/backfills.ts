import type { Json, Provider } from "@mara/connectors";
import { v7 as uuid } from "uuid";
import type { Prisma } from "./generated/client.ts";
import type { Store } from "./open-store.ts";
import { UUID } from "./page.ts";
import type { Transaction } from "./record/transaction.ts";
import { open } from "./seal.ts";
import { storable } from "./text.ts";

/** The provider whose users are imported. */
export const BACKFILLED = "clerk" satisfies Provider;

/** Old ones of a tenant are forgotten past so many. */
const MAX_KEPT = 20;
const MAX_ERROR = 500;

/** Times in epoch milliseconds. `waiting`: for a worker to take it, or for the provider to let it go on. */
export interface Backfill {
  readonly id: string;
  readonly status: "running" | "waiting" | "done" | "failed" | "canceled";
  /** It waits for the provider, which has not let a worker go on. */
  readonly isHeldUp: boolean;
  readonly total: number | null;
  readonly seen: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly error: string | null;
}

/** What the worker needs of one. `cursor` is whatever it last wrote; null at the beginning. */
export interface BackfillWork extends Backfill {
  readonly tenantId: string;
  readonly cursor: Json;
  /** How many people were erased since it began: what was fetched before one of them was may still list them. */
  readonly erasures: number;
  /** When it last moved. */
  readonly progressAt: number;
}

/** `running`: this one is under way already. */
export type BackfillStart =
  | { readonly kind: "started"; readonly backfill: Backfill }
  | { readonly kind: "running"; readonly backfill: Backfill }
  | { readonly kind: "no_api_key" };

interface Row extends Omit<BackfillWork, "isHeldUp" | "startedAt" | "finishedAt" | "progressAt"> {
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly progressAt: Date;
}

const COLUMNS = `
  id, tenant_id AS "tenantId", status, total, seen, created, updated, skipped, cursor, erasures, started_at AS "startedAt",
  progress_at AS "progressAt", finished_at AS "finishedAt", error`;
const UNDER_WAY = "status IN ('running', 'waiting')";

/** The one way in which a backfill ends. Its cursor, which may name a user, goes. */
const end = (which: "id" | "tenant_id") => `
  UPDATE backfills SET status = $2, error = $3, finished_at = now(), cursor = NULL
   WHERE ${which} = $1 AND ${UNDER_WAY} RETURNING ${COLUMNS}`;

/** Starts a tenant's backfill: one at a time, whoever asks. Put its job on the queue afterwards. */
export async function startBackfill(store: Store, tenantId: string): Promise<BackfillStart> {
  const backfill = await insertBackfill(store.prisma, tenantId);
  if (backfill) return { kind: "started", backfill };
  const [running] = await select(store, `WHERE tenant_id = $1 AND ${UNDER_WAY}`, [tenantId]);
  if (running) return { kind: "running", backfill: shown(running) };
  // Without a key, or the one that was in the way has just ended.
  const second = await insertBackfill(store.prisma, tenantId);
  return second ? { kind: "started", backfill: second } : { kind: "no_api_key" };
}

/**
 * Starts a backfill, in a transaction or by itself; null without an API key, and where one is under way. The integration is
 * locked with it, so that one that is being removed starts nothing.
 */
export async function insertBackfill(client: Prisma.TransactionClient, tenantId: string): Promise<Backfill | null> {
  const [row] = await client.$queryRawUnsafe<Row[]>(
    `INSERT INTO backfills (id, tenant_id, status)
     SELECT $1::uuid, i.tenant_id, 'waiting'
       FROM (SELECT tenant_id FROM integrations
              WHERE tenant_id = $2 AND provider = $3 AND api_key IS NOT NULL FOR UPDATE) i
     ON CONFLICT (tenant_id) WHERE ${UNDER_WAY} DO NOTHING
     RETURNING ${COLUMNS}`,
    uuid(),
    tenantId,
    BACKFILLED,
  );
  if (row === undefined) return null;
  await forgetOld(client, tenantId);
  return shown(row);
}

async function forgetOld(client: Prisma.TransactionClient, tenantId: string): Promise<void> {
  await client.$executeRaw`
    DELETE FROM backfills WHERE id IN (
      SELECT id FROM backfills WHERE tenant_id = ${tenantId} ORDER BY started_at DESC, id DESC OFFSET ${MAX_KEPT})`;
}

export async function latestBackfill(store: Store, tenantId: string): Promise<Backfill | null> {
  const [row] = await select(store, "WHERE tenant_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1", [tenantId]);
  return row ? shown(row) : null;
}

/** Ends the backfill that is under way: the page in hand is not written any more. Answers it; null where none is. */
export async function cancelBackfill(store: Store, tenantId: string): Promise<Backfill | null> {
  const { rows } = await store.pool.query<Row>(end("tenant_id"), [tenantId, "canceled", null]);
  return rows[0] ? shown(rows[0]) : null;
}

/** The same, as a part of a change of settings. Answers whether one was under way. */
export async function endBackfill(transaction: Prisma.TransactionClient, tenantId: string): Promise<boolean> {
  const ended = await transaction.$queryRawUnsafe<Row[]>(end("tenant_id"), tenantId, "canceled", null);
  return ended.length > 0;
}

/** Whether the tenant's latest backfill failed. */
export async function hasFailedLast(transaction: Prisma.TransactionClient, tenantId: string): Promise<boolean> {
  const latest = await transaction.backfill.findFirst({
    where: { tenantId },
    orderBy: [{ startedAt: "desc" }, { id: "desc" }],
    select: { status: true },
  });
  return latest?.status === "failed";
}

export async function loadBackfill(store: Store, id: string): Promise<BackfillWork | null> {
  if (!UUID.test(id)) return null;
  const [row] = await select(store, "WHERE id = $1", [id]);
  return row ? work(row) : null;
}

/** Those under way: so that none is left without a job. */
export async function loadActiveBackfills(store: Store): Promise<BackfillWork[]> {
  return (await select(store, `WHERE ${UNDER_WAY} ORDER BY started_at`, [])).map(work);
}

async function select(store: Store, which: string, values: unknown[]): Promise<Row[]> {
  const { rows } = await store.pool.query<Row>(`SELECT ${COLUMNS} FROM backfills ${which}`, values);
  return rows;
}

/** What a page adds. `cursor` replaces what was there, and so does `total` where it is known. */
export interface BackfillProgress {
  readonly total: number | null;
  readonly seen: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly cursor: Json;
  /** The cursor that the page began at, and the erasures until it was asked for. */
  readonly from: Pick<BackfillWork, "cursor" | "erasures">;
}

/**
 * Writes a page's progress down, within the page's own transaction. What waited runs from then on. Answers false, and writes
 * nothing, where the backfill is over or stands elsewhere than at `from`, or somebody was erased since.
 */
export async function saveBackfillProgress(transaction: Transaction, id: string, page: BackfillProgress): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `UPDATE backfills SET total = COALESCE($2, total), seen = seen + $3, created = created + $4, updated = updated + $5,
            skipped = skipped + $6, cursor = $7::jsonb, progress_at = now(), status = 'running'
      WHERE id = $1 AND ${UNDER_WAY} AND cursor IS NOT DISTINCT FROM $8::jsonb AND erasures = $9`,
    [
      id,
      page.total,
      page.seen,
      page.created,
      page.updated,
      page.skipped,
      JSON.stringify(page.cursor),
      page.from.cursor === null ? null : JSON.stringify(page.from.cursor),
      page.from.erasures,
    ],
  );
  return rowCount === 1;
}

/**
 * Has the page in hand fetched again, if there is one, because it may list somebody who is erased in this transaction. That
 * must hold the tenant's stream: then the page is either written, and erased from, or will not be.
 */
export async function noteErasure(transaction: Transaction, tenantId: string): Promise<void> {
  await transaction.query(`UPDATE backfills SET erasures = erasures + 1 WHERE tenant_id = $1 AND ${UNDER_WAY}`, [tenantId]);
}

/** Notes that a backfill under way waits to be let on; its next page sets it running again. Answers false where it is over. */
export async function noteBackfillWaits(store: Store, id: string): Promise<boolean> {
  const { rowCount } = await store.pool.query(
    `UPDATE backfills SET status = 'waiting', progress_at = now() WHERE id = $1 AND ${UNDER_WAY}`,
    [id],
  );
  return rowCount === 1;
}

/** Ends a backfill, if it is not over already. `error` is for people to read. */
export async function finishBackfill(
  store: Store,
  id: string,
  outcome: { readonly status: "done" } | { readonly status: "failed"; readonly error: string },
): Promise<void> {
  const error = outcome.status === "failed" ? storable(outcome.error, MAX_ERROR) : null;
  await store.pool.query(end("id"), [id, outcome.status, error]);
}

/** The opened API key that a tenant's backfill uses; null where there is none. Throws `CannotOpen`. */
export async function backfillApiKey(store: Store, tenantId: string): Promise<string | null> {
  const { rows } = await store.pool.query<{ sealed: Buffer | null }>(
    `SELECT api_key AS sealed FROM integrations WHERE tenant_id = $1 AND provider = $2`,
    [tenantId, BACKFILLED],
  );
  const sealed = rows[0]?.sealed;
  return sealed ? open(store.keyring, { tenantId, provider: BACKFILLED, purpose: "api key" }, sealed) : null;
}

function shown(row: Row): Backfill {
  const { id, status, total, seen, created, updated, skipped, error } = row;
  const finishedAt = row.finishedAt?.getTime() ?? null;
  // A worker writes down that it waits; until one has taken it, nothing moved.
  const isHeldUp = status === "waiting" && row.progressAt > row.startedAt;
  return { id, status, isHeldUp, total, seen, created, updated, skipped, startedAt: row.startedAt.getTime(), finishedAt, error };
}

function work(row: Row): BackfillWork {
  return { ...shown(row), tenantId: row.tenantId, cursor: row.cursor, erasures: row.erasures, progressAt: row.progressAt.getTime() };
}
