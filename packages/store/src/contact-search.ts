import type { Store } from "./open-store.ts";
import { LAST_UUID } from "./page.ts";
import { isStorable } from "./text.ts";

export interface ContactFilter {
  /** Upper and lower case are the same. */
  readonly email?: string | undefined;
  /** A provider, or `app` for the tenant's own ids. */
  readonly provider?: string | undefined;
  readonly externalId?: string | undefined;
}

/**
 * The ids of the contacts that a filter lets through, as far as a page needs them: at most `limit`, newest first, those
 * before `before`. Null where it lets every contact through.
 */
export async function contactsKnownBy(
  store: Store,
  tenantId: string,
  { email, provider, externalId }: ContactFilter,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<string[] | null> {
  if (![email, provider, externalId].every((text) => text === undefined || isStorable(text))) return [];
  const found: string[][] = [];
  if (email !== undefined) found.push(await byExternalId(store, tenantId, email.trim().toLowerCase(), "email"));
  if (externalId !== undefined) found.push(await byExternalId(store, tenantId, externalId, provider));
  const [first, ...rest] = found;
  if (first) {
    const ids = first.filter((id) => rest.every((others) => others.includes(id)));
    return provider === undefined || externalId !== undefined ? ids : knownTo(store, ids, provider);
  }
  return provider === undefined ? null : byProvider(store, tenantId, provider, before ?? LAST_UUID, limit);
}

/** Hops over the few spaces that a tenant's identities are in: an index scan each, however many identities there are. */
async function byExternalId(store: Store, tenantId: string, externalId: string, provider?: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string }>(
    `WITH RECURSIVE spaces AS (
       (SELECT space FROM identities WHERE tenant_id = $1 ORDER BY space LIMIT 1)
       UNION ALL
       SELECT (SELECT i.space FROM identities i WHERE i.tenant_id = $1 AND i.space > s.space ORDER BY i.space LIMIT 1)
         FROM spaces s WHERE s.space IS NOT NULL
     )
     SELECT DISTINCT i.contact_id AS id
       FROM spaces s JOIN identities i ON i.tenant_id = $1 AND i.space = s.space AND i.external_id = $2
      WHERE $3::text IS NULL OR i.provider = $3`,
    [tenantId, externalId, provider ?? null],
  );
  return rows.map(({ id }) => id);
}

async function knownTo(store: Store, ids: readonly string[], provider: string): Promise<string[]> {
  const rows = await store.prisma.identity.findMany({
    where: { contactId: { in: [...ids] }, provider },
    select: { contactId: true },
  });
  return [...new Set(rows.map(({ contactId }) => contactId))];
}

async function byProvider(
  store: Store,
  tenantId: string,
  provider: string,
  before: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string }>(
    `SELECT DISTINCT contact_id AS id FROM identities
      WHERE tenant_id = $1 AND provider = $2 AND contact_id < $3 ORDER BY contact_id DESC LIMIT $4`,
    [tenantId, provider, before, limit],
  );
  return rows.map(({ id }) => id);
}
