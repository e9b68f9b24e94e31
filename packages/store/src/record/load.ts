import type { JsonObject, Provider } from "@mara/connectors";
import { splitIdentityKey } from "../identity-key.ts";
import { arrays, text } from "./arrays.ts";
import type { ContactRow, IdentityRow, SubjectRow } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** Names a provider event within everything that is recorded. */
export interface EventKey {
  readonly tenantId: string;
  readonly provider: Provider;
  readonly eventKey: string;
}

/** What is known of a provider event: the event recorded for it, or that it was erased. */
export interface KnownEvent extends EventKey {
  readonly id: string | null;
  readonly contactId: string | null;
  /** The identity that led to the contact, `space:id`. */
  readonly via: string | null;
}

/** Which of the events are recorded or erased already. */
export async function loadEvents(transaction: Transaction, keys: readonly EventKey[]): Promise<KnownEvent[]> {
  const { rows } = await transaction.query<KnownEvent>({
    text: `
      WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS w(tenant_id, provider, event_key))
      SELECT e.tenant_id AS "tenantId", e.provider, e.event_key AS "eventKey", e.id, e.contact_id AS "contactId", e.via
        FROM wanted JOIN events e USING (tenant_id, provider, event_key)
      UNION ALL
      SELECT x.tenant_id, x.provider, x.event_key, NULL, NULL, NULL
        FROM wanted JOIN erased_events x USING (tenant_id, provider, event_key)`,
    values: arrays(keys, text((k) => k.tenantId), text((k) => k.provider), text((k) => k.eventKey)),
  });
  return rows;
}

interface PersonKey {
  readonly tenantId: string;
  /** `space:id` */
  readonly key: string;
}

/** Every identity of every contact that one of the keys belongs to. `Row` is the form in which they were saved. */
export async function loadIdentities<Row extends IdentityRow<object>>(
  transaction: Transaction,
  keys: readonly PersonKey[],
): Promise<Row[]> {
  const wanted = keys.map(({ tenantId, key }) => ({ tenantId, ...splitIdentityKey(key) }));
  const { rows } = await transaction.query<Row>({
    text: `
      SELECT i.tenant_id AS "tenantId", i.space, i.external_id AS "externalId", i.provider,
             i.contact_id AS "contactId", i.facts
        FROM (SELECT DISTINCT k.contact_id
                FROM unnest($1::text[], $2::text[], $3::text[]) AS w(tenant_id, space, external_id)
                JOIN identities k USING (tenant_id, space, external_id)) met
        JOIN identities i USING (contact_id)`,
    values: arrays(wanted, text((w) => w.tenantId), text((w) => w.space), text((w) => w.externalId)),
  });
  return rows;
}

export async function loadContacts(transaction: Transaction, ids: readonly string[]): Promise<ContactRow[]> {
  const { rows } = await transaction.query<ContactRow>({
    text: `
      SELECT tenant_id AS "tenantId", id, email, name, username, avatar_url AS "avatarUrl", attributes,
             (extract(epoch FROM deactivated_at) * 1000)::float8 AS "deactivatedAt",
             (extract(epoch FROM created_at) * 1000)::float8 AS "createdAt"
        FROM contacts WHERE id = ANY($1::uuid[])`,
    values: [ids],
  });
  return rows;
}

interface SubjectKey {
  readonly tenantId: string;
  readonly provider: Provider;
  readonly subject: string;
}

/** Each subject once, however often it is asked for: its row may be large. */
export async function loadSubjects(transaction: Transaction, keys: readonly SubjectKey[]): Promise<SubjectRow[]> {
  const { rows } = await transaction.query<SubjectRow & { history: JsonObject | null }>({
    text: `
      SELECT s.tenant_id AS "tenantId", s.provider, s.subject, s.history, s.firsts, s.via
        FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[]) AS k(tenant_id, provider, subject)) w
        JOIN subjects s USING (tenant_id, provider, subject)`,
    values: arrays(keys, text((k) => k.tenantId), text((k) => k.provider), text((k) => k.subject)),
  });
  return rows;
}

/** The event type that each integration counts as a signup, by tenant and provider; those without one are left out. */
export async function loadSignupEvents(
  transaction: Transaction,
  tenantIds: readonly string[],
): Promise<{ tenantId: string; provider: string; signupEvent: string }[]> {
  const { rows } = await transaction.query<{ tenantId: string; provider: string; signupEvent: string }>({
    text: `
      SELECT tenant_id AS "tenantId", provider, signup_event AS "signupEvent"
        FROM integrations WHERE tenant_id = ANY($1::text[]) AND signup_event IS NOT NULL`,
    values: [tenantIds],
  });
  return rows;
}
