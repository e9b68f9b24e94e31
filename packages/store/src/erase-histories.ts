import type { ErasedEvent, ErasedIdentity } from "./erased.ts";
import { joinIdentityKey } from "./identity-key.ts";
import { arrays, bool, text, uuid } from "./record/arrays.ts";
import type { Transaction } from "./record/transaction.ts";
import { accountSubject, hasAccounts } from "./roles.ts";

/**
 * Forgets the histories of an erased contact's objects: those that its events were about, and those that no event came of.
 * Where another contact has events of an object too, its history stays, and theirs are the first from now on.
 */
export async function forgetHistories(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
  identities: readonly ErasedIdentity[],
): Promise<void> {
  const successors = await makeFirst(transaction, tenantId, events);
  await forgetSubjects(transaction, tenantId, events, identities, successors);
  await transaction.query("DELETE FROM subjects WHERE tenant_id = $1 AND via = ANY($2::text[])", [
    tenantId,
    identities.map(joinIdentityKey),
  ]);
}

/**
 * Of the repeats that erased events leave behind, the one that was recorded first stands for them. Nobody starts again
 * because of it: whoever follows the stream read it as a repeat. Answers which event stands for which.
 */
async function makeFirst(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await transaction.query<{ gone: string; next: string }>(
    `WITH next AS (
       SELECT DISTINCT ON (e.repeat_of) e.repeat_of AS gone, e.id, g.signup
         FROM unnest($2::uuid[], $3::bool[]) AS g(id, signup)
         JOIN events e ON e.tenant_id = $1 AND e.repeat_of = g.id
        ORDER BY e.repeat_of, e.seq
     )
     UPDATE events e
        SET repeat_of = CASE WHEN e.id = n.id THEN NULL ELSE n.id END, signup = e.signup OR (e.id = n.id AND n.signup)
       FROM next n WHERE e.tenant_id = $1 AND e.repeat_of = n.gone
     RETURNING n.gone, n.id AS next`,
    [tenantId, ...arrays(events, uuid((e) => e.id), bool((e) => e.signup))],
  );
  return new Map(rows.map(({ gone, next }) => [gone, next]));
}

/** By one look each, whatever there is: a contact with many thousand events must not take so long that it can't be erased. */
async function forgetSubjects(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
  identities: readonly ErasedIdentity[],
  successors: ReadonlyMap<string, string>,
): Promise<void> {
  const subjects = [
    ...events.flatMap(({ provider, subject }) => (subject === null ? [] : [{ provider, subject }])),
    ...identities.flatMap(({ provider, externalId }) =>
      hasAccounts(provider) ? [{ provider, subject: accountSubject(externalId) }] : [],
    ),
  ];
  const { rows } = await transaction.query<{ provider: string; subject: string; isOver: boolean }>(
    `UPDATE subjects s
        SET firsts = (SELECT COALESCE(jsonb_object_agg(f.key, COALESCE($4::jsonb ->> f.id, f.id)), '{}')
                        FROM jsonb_each_text(s.firsts) AS f(key, id)
                       WHERE NOT $4::jsonb ? f.id OR $4::jsonb ->> f.id IS NOT NULL)
       FROM (SELECT DISTINCT provider, subject FROM unnest($2::text[], $3::text[]) AS n(provider, subject)) n
      WHERE s.tenant_id = $1 AND s.provider = n.provider AND s.subject = n.subject
     RETURNING s.provider, s.subject, s.firsts = '{}' AS "isOver"`,
    [
      tenantId,
      ...arrays(subjects, text((s) => s.provider), text((s) => s.subject)),
      JSON.stringify(Object.fromEntries(events.map(({ id }) => [id, successors.get(id) ?? null]))),
    ],
  );
  // By their keys alone: of those without any firsts Postgres expects none, and would compare each with all the others.
  await transaction.query(
    `DELETE FROM subjects s USING unnest($2::text[], $3::text[]) AS n(provider, subject)
      WHERE s.tenant_id = $1 AND s.provider = n.provider AND s.subject = n.subject`,
    [tenantId, ...arrays(rows.filter(({ isOver }) => isOver), text((s) => s.provider), text((s) => s.subject))],
  );
}
