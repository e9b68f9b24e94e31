import type { Pool } from "pg";
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
function begin(patience: number): string {
  return `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'; SET LOCAL enable_seqscan = off;
    SET LOCAL lock_timeout = ${Math.ceil(patience * 0.7)}; SET LOCAL statement_timeout = ${Math.ceil(patience * 0.85)}`;
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
  const patience = pool.options.query_timeout || 30_000;
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens only to connections that nobody uses. The statement in hand hears of a lost one anyway.
  const lost = (error: Error) => {
    broken = error;
  };
  client.on("error", lost);
  const transaction = new Transaction(client, patience);
  try {
    const [, { rows }] = await Promise.all([
      transaction.query(begin(patience)),
      transaction.query<{ tenant_id: string; last_seq: string }>({
        text: `SELECT tenant_id, last_seq FROM streams WHERE tenant_id = ANY($1::text[]) ORDER BY tenant_id FOR UPDATE`,
        values: [[...new Set(tenantIds)]],
      }),
    ]);
    const result = await work(transaction, new Map(rows.map((row) => [row.tenant_id, BigInt(row.last_seq)])));
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
