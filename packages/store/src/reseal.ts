import { KEY_ID_BYTES } from "./keyring.ts";
import type { Store } from "./open-store.ts";
import { CannotOpen, open, openOrNull, seal } from "./seal.ts";

interface Sealed {
  readonly tenantId: string;
  readonly provider: string;
  readonly sealed: Buffer;
}

/** Where sealed texts are kept, and which of them count. Rows are few: some for each integration. */
const COLUMNS = [
  { table: "signing_secrets", column: "sealed", purpose: "signing secret", counts: "(expires_at IS NULL OR expires_at > now())" },
  { table: "integrations", column: "api_key", purpose: "api key", counts: "api_key IS NOT NULL" },
] as const;

/**
 * Seals again, with the current key, what older keys of the ring sealed. Answers how many; after 0 the old keys can go.
 * Throws `CannotOpen`, with the places, where the ring lacks a key that something was sealed with; the rest is resealed then.
 * A secret that has ended is left alone: it verifies nothing any more, and its key may be gone.
 */
export async function resealSecrets(store: Store): Promise<number> {
  let resealed = 0;
  const lost: CannotOpen[] = [];
  for (const kept of COLUMNS) {
    for (const row of await sealedByOthers(store, kept)) {
      try {
        resealed += await reseal(store, kept, row);
      } catch (error) {
        if (!(error instanceof CannotOpen)) throw error;
        lost.push(error);
      }
    }
  }
  const [first] = lost;
  if (first) throw new CannotOpen(first.problem, lost.flatMap(({ places }) => places));
  return resealed;
}

/** At how many places the ring lacks the key that something was sealed with: those that `resealSecrets` would name. */
export async function countUnopenable(store: Store): Promise<number> {
  let count = 0;
  for (const kept of COLUMNS) {
    const { purpose } = kept;
    const rows = await sealedByOthers(store, kept);
    count += rows.filter(({ tenantId, provider, sealed }) => openOrNull(store.keyring, { tenantId, provider, purpose }, sealed) === null).length;
  }
  return count;
}

/** What another key than the current one sealed. */
async function sealedByOthers({ pool, keyring }: Store, { table, column, counts }: (typeof COLUMNS)[number]): Promise<Sealed[]> {
  const { rows } = await pool.query<Sealed>(
    `SELECT tenant_id AS "tenantId", provider, ${column} AS sealed FROM ${table}
      WHERE ${counts} AND substring(${column} FROM 2 FOR ${KEY_ID_BYTES}) <> $1`,
    [keyring.current.id],
  );
  return rows;
}

async function reseal(
  { keyring, pool }: Store,
  { table, column, purpose }: (typeof COLUMNS)[number],
  { tenantId, provider, sealed }: Sealed,
): Promise<number> {
  const place = { tenantId, provider, purpose };
  // Matches the very bytes, so that a change of settings in between stands.
  const { rowCount } = await pool.query(
    `UPDATE ${table} SET ${column} = $1 WHERE tenant_id = $2 AND provider = $3 AND ${column} = $4`,
    [seal(keyring, place, open(keyring, place, sealed)), tenantId, provider, sealed],
  );
  return rowCount ?? 0;
}
