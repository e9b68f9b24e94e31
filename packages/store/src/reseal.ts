import { KEY_ID_BYTES } from "./keyring.ts";
import type { Store } from "./open-store.ts";
import { open, seal } from "./seal.ts";

interface Sealed {
  readonly tenantId: string;
  readonly provider: string;
  readonly sealed: Buffer;
}

/** Where sealed texts are kept. Rows are few: some for each integration. */
const COLUMNS = [
  { table: "signing_secrets", column: "sealed", purpose: "signing secret" },
  { table: "integrations", column: "api_key", purpose: "api key" },
] as const;

/**
 * Seals again, with the current key, what older keys of the ring sealed. Answers how many; after 0 the old keys can go.
 * Throws `CannotOpen` where the ring lacks a key that something was sealed with.
 */
export async function resealSecrets(store: Store): Promise<number> {
  let resealed = 0;
  for (const { table, column, purpose } of COLUMNS) {
    const { rows } = await store.pool.query<Sealed>(
      `SELECT tenant_id AS "tenantId", provider, ${column} AS sealed FROM ${table}
        WHERE substring(${column} FROM 2 FOR ${KEY_ID_BYTES}) <> $1`,
      [store.keyring.current.id],
    );
    for (const { tenantId, provider, sealed } of rows) {
      const place = { tenantId, provider, purpose };
      const again = seal(store.keyring, place, open(store.keyring, place, sealed));
      // Matches the very bytes, so that a change of settings in between stands.
      const { rowCount } = await store.pool.query(
        `UPDATE ${table} SET ${column} = $1 WHERE tenant_id = $2 AND provider = $3 AND ${column} = $4`,
        [again, tenantId, provider, sealed],
      );
      resealed += rowCount ?? 0;
    }
  }
  return resealed;
}
