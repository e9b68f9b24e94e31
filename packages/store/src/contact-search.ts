import { isStorable } from "./text.ts";

export interface ContactFilter {
  /** Upper and lower case are the same. */
  readonly email?: string | undefined;
  /** A provider, or `app` for the tenant's own ids. */
  readonly provider?: string | undefined;
  /** One of the ids that a contact shows, to the letter: e-mail addresses are not among them. */
  readonly externalId?: string | undefined;
}

/** The part of a list that is asked for, as parameters of the statement. */
export interface Span {
  readonly tenant: `$${number}`;
  readonly before: `$${number}`;
  readonly limit: `$${number}`;
}

/**
 * What a filter demands of a contact `c`, in SQL, as a part of the statement that reads the contacts: who is found by one
 * statement may be erased or merged away before the next, and a page that comes out short is taken for the last.
 * `parameter` takes a value into the statement. Null where nobody can pass.
 *
 * Ids are found first and as an array, so that the contacts are read by their key whatever the planner makes of the rest.
 */
export function knownBy(
  { email, provider, externalId }: ContactFilter,
  span: Span,
  parameter: (value: string) => `$${number}`,
): string[] | null {
  if (![email, provider, externalId].every((text) => text === undefined || isStorable(text))) return null;
  const conditions: string[] = [];
  if (email !== undefined) conditions.push(among(byEmail(span, parameter(email.trim().toLowerCase()))));
  if (externalId !== undefined) {
    conditions.push(among(byExternalId(span, parameter(externalId), provider === undefined ? null : parameter(provider))));
  } else if (provider !== undefined) {
    conditions.push(email === undefined ? among(byProvider(span, parameter(provider))) : knownTo(parameter(provider)));
  }
  return conditions;
}

const among = (ids: string) => `c.id = ANY(ARRAY(${ids}))`;

const byEmail = ({ tenant }: Span, email: string) => `
  SELECT i.contact_id FROM identities i WHERE i.tenant_id = ${tenant} AND i.space = 'email' AND i.external_id = ${email}`;

/** Hops over the few spaces that a tenant's identities are in: an index scan each, however many identities there are. */
const byExternalId = ({ tenant }: Span, externalId: string, provider: string | null) => `
  WITH RECURSIVE spaces AS (
    (SELECT space FROM identities WHERE tenant_id = ${tenant} ORDER BY space LIMIT 1)
    UNION ALL
    SELECT (SELECT i.space FROM identities i WHERE i.tenant_id = ${tenant} AND i.space > s.space ORDER BY i.space LIMIT 1)
      FROM spaces s WHERE s.space IS NOT NULL
  )
  SELECT i.contact_id
    FROM spaces s JOIN identities i ON i.tenant_id = ${tenant} AND i.space = s.space AND i.external_id = ${externalId}
   WHERE s.space <> 'email' ${provider === null ? "" : `AND i.provider = ${provider}`}`;

/** No more of them than the page needs. */
const byProvider = ({ tenant, before, limit }: Span, provider: string) => `
  SELECT DISTINCT i.contact_id FROM identities i
   WHERE i.tenant_id = ${tenant} AND i.provider = ${provider} AND i.contact_id < ${before}
   ORDER BY i.contact_id DESC LIMIT ${limit}`;

const knownTo = (provider: string) => `EXISTS (SELECT 1 FROM identities i WHERE i.contact_id = c.id AND i.provider = ${provider})`;
