import type { Provider } from "@mara/connectors";
import type { ErasedDelivery, ErasedIdentity } from "./erased.ts";
import { joinIdentityKey, splitIdentityKey } from "./identity-key.ts";
import { FIRST_UUID } from "./page.ts";
import { arrays, text } from "./record/arrays.ts";
import type { Transaction } from "./record/transaction.ts";
import { hasAccounts } from "./roles.ts";

/** A delivery that failed for good, with its body. `receivedAt` in epoch milliseconds. */
export interface FailedDelivery {
  readonly provider: Provider;
  readonly providerEventId: string | null;
  readonly receivedAt: number;
  readonly body: string;
}

/** Whom a body names, as keys of identities: `space:id`. */
export interface Named {
  /** Whether it was understood, and so is about one person: then the ids are all theirs. */
  readonly isRead: boolean;
  /** The one that it would follow first, where it was understood. */
  readonly ids: readonly string[];
  /** Of the space `email`, folded as the identities are. Only those that tell who it is. */
  readonly addresses: readonly string[];
}

/** Reads whom a body names. Handed in, because only an app may call connectors. Never throws. */
export type NamesIn = (delivery: FailedDelivery) => Named;

interface Row extends ErasedDelivery, Omit<FailedDelivery, "body"> {
  readonly provider: Provider;
  /** Null where it is gone. */
  readonly body: string | null;
}

/** A delivery that names the person, and the ids that are stronger: it is theirs unless one of these is somebody else's. */
interface Claim {
  readonly delivery: ErasedDelivery;
  readonly stronger: readonly string[];
}

/** So few that no statement takes long. */
const PAGE = 50;

/** In bytes. A page ends with the body that reaches it, so that large ones fit into memory as well. */
const PAGE_SIZE = 4 * 2 ** 20;

/**
 * Finds the failed deliveries that are about somebody whose identities are deleted already. A delivery that failed was never
 * understood, so nobody noted whom it is about: its body is read for it.
 * It is theirs if its event would be: ids beat addresses, and of several ids the closest leads.
 */
export async function findFailed(
  transaction: Transaction,
  tenantId: string,
  identities: readonly ErasedIdentity[],
  namesIn: NamesIn,
): Promise<ErasedDelivery[]> {
  if (identities.length === 0) return [];
  const known = identities.filter((identity) => !identity.isUnverified);
  const keys = new Set(known.map(joinIdentityKey));
  const isOtherAccount = (provider: Provider) => hasAccounts(provider) && known.some((identity) => identity.provider === provider);
  const claims: Claim[] = [];
  for (const provider of await providersOf(transaction, tenantId)) {
    for await (const { body, ...row } of failedOf(transaction, tenantId, provider)) {
      if (body === null) continue;
      const { isRead, ids, addresses } = namesIn({ ...row, body });
      const at = ids.findIndex((id) => keys.has(id));
      if (at !== -1) claims.push({ delivery: row, stronger: isRead ? ids.slice(0, at) : [] });
      // Two accounts are two people, also where they share an address.
      else if (addresses.some((address) => keys.has(address)) && !(isRead && isOtherAccount(provider))) {
        claims.push({ delivery: row, stronger: ids });
      }
      // Reading a large body takes a while, and a page is there at once: everybody else's requests come in between.
      await new Promise(setImmediate);
    }
  }
  return ofNobodyElse(transaction, tenantId, claims);
}

/** The providers that a tenant has deliveries of, found in hops over the index. */
async function providersOf(transaction: Transaction, tenantId: string): Promise<Provider[]> {
  const { rows } = await transaction.query<{ provider: Provider }>(
    `WITH RECURSIVE seen AS (
       SELECT min(provider) AS provider FROM deliveries WHERE tenant_id = $1
       UNION ALL
       SELECT (SELECT min(d.provider) FROM deliveries d WHERE d.tenant_id = $1 AND d.provider > s.provider)
         FROM seen s WHERE s.provider IS NOT NULL
     )
     SELECT provider FROM seen WHERE provider IS NOT NULL`,
    [tenantId],
  );
  return rows.map(({ provider }) => provider);
}

/**
 * Every failed delivery of a provider, in pages that are small whatever they hold. All bodies are read: a search in the
 * database would miss a name that is written with escapes, or in capitals that its locale can't fold.
 */
async function* failedOf(transaction: Transaction, tenantId: string, provider: Provider): AsyncGenerator<Row> {
  let last = FIRST_UUID;
  for (;;) {
    const { rows } = await transaction.query<Row>(
      `WITH page AS (
         SELECT id, provider, provider_event_id, received_at, dedupe FROM deliveries
          WHERE tenant_id = $1 AND provider = $2 AND outcome = 'failed' AND id > $3 ORDER BY id LIMIT $4
       ), sized AS (
         SELECT page.*, p.body, sum(octet_length(p.body)) OVER (
                  ORDER BY page.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
           FROM page LEFT JOIN payloads p ON p.tenant_id = $1 AND p.delivery_id = page.id
       )
       SELECT id, provider, provider_event_id AS "providerEventId", dedupe, body,
              (extract(epoch FROM received_at) * 1000)::float8 AS "receivedAt"
         FROM sized WHERE COALESCE(before, 0) < $5 ORDER BY id`,
      [tenantId, provider, last, PAGE, PAGE_SIZE],
    );
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}

/** The deliveries that no stronger id gives to another contact. */
async function ofNobodyElse(
  transaction: Transaction,
  tenantId: string,
  claims: readonly Claim[],
): Promise<ErasedDelivery[]> {
  const ids = [...new Set(claims.flatMap(({ stronger }) => stronger))].map(splitIdentityKey);
  if (ids.length === 0) return claims.map(({ delivery }) => delivery);
  const { rows } = await transaction.query<{ space: string; externalId: string }>(
    `SELECT i.space, i.external_id AS "externalId"
       FROM unnest($2::text[], $3::text[]) AS n(space, external_id)
       JOIN identities i ON i.tenant_id = $1 AND i.space = n.space AND i.external_id = n.external_id`,
    [tenantId, ...arrays(ids, text((id) => id.space), text((id) => id.externalId))],
  );
  const others = new Set(rows.map(joinIdentityKey));
  return claims.filter(({ stronger }) => !stronger.some((id) => others.has(id))).map(({ delivery }) => delivery);
}
