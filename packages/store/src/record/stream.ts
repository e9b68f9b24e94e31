import type { Pool } from "pg";
import { isLockNotHad } from "./passing.ts";
import { Transaction } from "./transaction.ts";

/** The last event number of each locked tenant; a tenant that is missing does not exist. */
export type Streams = ReadonlyMap<string, bigint>;

/**
 * A process that hangs gives its streams up when `idle_in_transaction_session_timeout` is over, so that the others go on;
 * its work is then done again. Every statement goes by key: a plan that was made while the tables were small must not read
 * them whole once they are not. Postgres itself ends a statement that takes too long, before `query_timeout` would: what
 * the driver gives up looks like an outage, which is waited out for ever, and goes on in Postgres. To wait for a lock for
 * too long is another error, because that passes.
 */
function begin(statementMs: number): string {
  return `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'; SET LOCAL enable_seqscan = off;
    ${lockTimeout(statementMs * LOCK_SHARE)}; SET LOCAL statement_timeout = ${Math.ceil(statementMs * 0.85)}`;
}

/** What of its time a statement may spend waiting for a lock. */
const LOCK_SHARE = 0.7;

function lockTimeout(ms: number): string {
  return `SET LOCAL lock_timeout = ${Math.ceil(ms)}`;
}

/**
 * Runs `work` in one transaction that holds the streams of `tenantIds`: whatever changes a tenant's contacts, identities,
 * subjects or events runs here, so that it never races with itself. Locks are taken in one order, so two never deadlock.
 * Commits when `work` resolves; rolls back and throws what it threw otherwise.
 */
export async function withStreams<T>(
  pool: Pool,
  tenantIds: readonly string[],
  work: (transaction: Transaction, streams: Streams) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (transaction, statementMs) => {
    const [, { rows }] = await Promise.all([
      transaction.query(begin(statementMs)),
      transaction.query<StreamRow>({
        text: `SELECT tenant_id, last_seq FROM streams WHERE tenant_id = ANY($1::text[]) ORDER BY tenant_id FOR UPDATE`,
        values: [[...new Set(tenantIds)]],
      }),
    ]);
    return work(transaction, streamsOf(rows));
  });
}

/** `left` has the tenants whose streams were not had; for these nothing was done. `done` is null where none was had. */
export interface DoneWithFree<T> {
  readonly done: T | null;
  readonly left: ReadonlySet<string>;
}

/** A stream to wait for, and for how many milliseconds at most. */
export interface WaitFor {
  readonly tenantId: string;
  readonly ms: number;
}

/**
 * As `withStreams`, with those of the streams that nobody else holds. Where it may wait for one of them, it takes the others
 * when it has that one, and none if it does not get it: it waits only while it holds none, so it never deadlocks.
 */
export async function withFreeStreams<T>(
  pool: Pool,
  tenantIds: readonly string[],
  waitFor: WaitFor | null,
  work: (transaction: Transaction, streams: Streams) => Promise<T>,
): Promise<DoneWithFree<T>> {
  const wanted = [...new Set(tenantIds)];
  let isWaiting = waitFor !== null;
  try {
    return await inTransaction(pool, async (transaction, statementMs) => {
      const [, , { streams, held }] = await Promise.all([
        transaction.query(begin(statementMs)),
        waitFor && waitForOne(transaction, waitFor, statementMs),
        takeFree(transaction, wanted),
      ]);
      isWaiting = false;
      return { done: streams.size > 0 ? await work(transaction, streams) : null, left: held };
    });
  } catch (error) {
    if (isWaiting && isLockNotHad(error)) return { done: null, left: new Set(wanted) };
    throw error;
  }
}

async function waitForOne(transaction: Transaction, { tenantId, ms }: WaitFor, statementMs: number): Promise<void> {
  const usual = statementMs * LOCK_SHARE;
  await Promise.all([
    transaction.query(lockTimeout(Math.min(ms, usual))),
    transaction.query({ text: "SELECT FROM streams WHERE tenant_id = $1 FOR UPDATE", values: [tenantId] }),
    transaction.query(lockTimeout(usual)),
  ]);
}

interface Taken {
  readonly streams: Streams;
  readonly held: ReadonlySet<string>;
}

/** A tenant that is in neither of them does not exist: who is missing is asked for only then, because nearly always nobody is. */
async function takeFree(transaction: Transaction, tenantIds: readonly string[]): Promise<Taken> {
  const { rows } = await transaction.query<StreamRow>({
    text: `SELECT tenant_id, last_seq FROM streams WHERE tenant_id = ANY($1::text[]) ORDER BY tenant_id FOR UPDATE SKIP LOCKED`,
    values: [tenantIds],
  });
  const streams = streamsOf(rows);
  if (streams.size === tenantIds.length) return { streams, held: new Set() };
  const held = await transaction.query<{ tenant_id: string }>({
    text: "SELECT tenant_id FROM streams WHERE tenant_id = ANY($1::text[])",
    values: [tenantIds.filter((tenantId) => !streams.has(tenantId))],
  });
  return { streams, held: new Set(held.rows.map((row) => row.tenant_id)) };
}

interface StreamRow {
  readonly tenant_id: string;
  readonly last_seq: string;
}

function streamsOf(rows: readonly StreamRow[]): Streams {
  return new Map(rows.map((row) => [row.tenant_id, BigInt(row.last_seq)]));
}

async function inTransaction<T>(
  pool: Pool,
  work: (transaction: Transaction, statementMs: number) => Promise<T>,
): Promise<T> {
  const statementMs = pool.options.query_timeout || 30_000;
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens only to connections that nobody uses. The statement in hand hears of a lost one anyway.
  const lost = (error: Error) => {
    broken = error;
  };
  client.on("error", lost);
  const transaction = new Transaction(client, statementMs);
  try {
    const result = await work(transaction, statementMs);
    await transaction.commit();
    return result;
  } catch (error) {
    await transaction.rollBack().catch(lost);
    throw error;
  } finally {
    client.off("error", lost);
    // A connection that broke or could not roll back is not given to anyone else.
    client.release(broken);
  }
}
