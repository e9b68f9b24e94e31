import { eventually } from "../../../test/support/eventually.ts";
import { saveMerges, withStreams, type MergeRow, type Store } from "../src/index.ts";

/**
 * What `read` answers where a contact is merged into another, with its identities, while it reads: what it asks of other
 * tables than `table` is answered before the merge, and `table` only after it.
 */
export async function readWhileMerged<T>(store: Store, table: string, merge: MergeRow, read: () => Promise<T>): Promise<T> {
  const { tenantId, from, into } = merge;
  const { reading } = await withStreams(store.pool, [tenantId], async (transaction) => {
    await transaction.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const begun = read();
    // It is awaited after the merge only, and must not count as unheeded where it fails before.
    begun.catch(() => {});
    await eventually(() => waiting(store), (count) => count > 0);
    await saveMerges(transaction, [merge]);
    await transaction.query("UPDATE identities SET contact_id = $3 WHERE tenant_id = $1 AND contact_id = $2", [tenantId, from, into]);
    return { reading: begun };
  });
  return reading;
}

/** How many statements wait for a lock. */
async function waiting({ pool }: Store): Promise<number> {
  const { rowCount } = await pool.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rowCount ?? 0;
}
