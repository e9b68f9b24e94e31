import type { Store } from "./open-store.ts";
import { UUID } from "./page.ts";
import { columns } from "./record/rows.ts";
import { saveHealth, unchangedHealth } from "./record/save-figures.ts";
import { withStreams } from "./record/stream.ts";
import type { Transaction } from "./record/transaction.ts";

interface Identity {
  readonly space: string;
  readonly externalId: string;
  readonly provider: string;
}

interface ErasedEvent {
  readonly id: string;
  readonly provider: string;
  readonly providerEventId: string;
  readonly eventKey: string;
  readonly subject: string | null;
}

interface ErasedDelivery {
  readonly id: string;
  readonly provider: string;
  readonly providerEventId: string | null;
  readonly dedupe: boolean;
}

/**
 * Erases a contact (named by its id, or that of one merged into it): identities, events, stored payloads, and what its
 * deliveries and the histories of its objects say of it. Its provider events are remembered by their ids alone, so that no
 * redelivery and no replay brings it back. Answers whether there was one.
 */
export async function eraseContact(store: Store, tenantId: string, contactId: string): Promise<boolean> {
  if (!UUID.test(contactId)) return false;
  return withStreams(store.pool, [tenantId], async (transaction) => {
    const id = await lockContact(transaction, tenantId, contactId);
    if (id === null) return false;
    const identities = await deleteIdentities(transaction, tenantId, id);
    const events = await deleteEvents(transaction, tenantId, id);
    const deliveries = await clearDeliveries(transaction, tenantId, id, events);
    await deletePayloads(transaction, tenantId, deliveries.map((delivery) => delivery.id));
    await deleteFailedPayloads(transaction, tenantId, identities);
    await rememberErased(transaction, tenantId, events, deliveries);
    await forgetSubjects(transaction, tenantId, events, identities);
    await transaction.query("DELETE FROM contact_redirects WHERE tenant_id = $1 AND contact_id = $2", [tenantId, id]);
    await transaction.query("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
    await countOff(transaction, tenantId, identities);
    return true;
  });
}

async function lockContact(transaction: Transaction, tenantId: string, contactId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ id: string }>(
    `SELECT id FROM contacts
      WHERE tenant_id = $1
        AND id = COALESCE((SELECT contact_id FROM contact_redirects WHERE tenant_id = $1 AND old_id = $2), $2)`,
    [tenantId, contactId],
  );
  return rows[0]?.id ?? null;
}

async function deleteIdentities(transaction: Transaction, tenantId: string, id: string): Promise<Identity[]> {
  const { rows } = await transaction.query<Identity>(
    `DELETE FROM identities WHERE tenant_id = $1 AND contact_id = $2
     RETURNING space, external_id AS "externalId", provider`,
    [tenantId, id],
  );
  return rows;
}

async function deleteEvents(transaction: Transaction, tenantId: string, id: string): Promise<ErasedEvent[]> {
  const { rows } = await transaction.query<ErasedEvent>(
    `DELETE FROM events WHERE tenant_id = $1 AND contact_id = $2
     RETURNING id, provider, provider_event_id AS "providerEventId", event_key AS "eventKey", subject`,
    [tenantId, id],
  );
  return rows;
}

/** Deliveries stay listed, because they were counted; whom they were about, nobody can tell any more. */
async function clearDeliveries(
  transaction: Transaction,
  tenantId: string,
  id: string,
  events: readonly ErasedEvent[],
): Promise<ErasedDelivery[]> {
  const { rows } = await transaction.query<ErasedDelivery>(
    `WITH theirs AS (
       SELECT d.id FROM deliveries d WHERE d.tenant_id = $1 AND d.contact_id = $2
       UNION
       SELECT d.id FROM unnest($3::text[], $4::text[]) AS e(provider, provider_event_id)
         JOIN deliveries d ON d.tenant_id = $1 AND d.provider_event_id = e.provider_event_id AND d.provider = e.provider
     )
     UPDATE deliveries d SET contact_id = NULL, event_id = NULL, via = NULL,
            reason = CASE WHEN d.outcome = 'failed' THEN d.reason ELSE 'the contact that it was about was erased' END
       FROM theirs WHERE d.tenant_id = $1 AND d.id = theirs.id
     RETURNING d.id, d.provider, d.provider_event_id AS "providerEventId", d.dedupe`,
    [tenantId, id, ...columns(events, (e) => e.provider, (e) => e.providerEventId)],
  );
  return rows;
}

async function deletePayloads(transaction: Transaction, tenantId: string, deliveryIds: readonly string[]): Promise<void> {
  await transaction.query("DELETE FROM payloads WHERE tenant_id = $1 AND delivery_id = ANY($2::uuid[])", [
    tenantId,
    deliveryIds,
  ]);
}

/** A delivery that failed was never understood, so nobody noted whom it is about: its body is searched for them. */
async function deleteFailedPayloads(
  transaction: Transaction,
  tenantId: string,
  identities: readonly Identity[],
): Promise<void> {
  await transaction.query(
    `DELETE FROM payloads p USING deliveries d
      WHERE d.tenant_id = $1 AND d.outcome = 'failed' AND d.provider IN (SELECT provider FROM ${PROVIDERS_SEEN})
        AND p.tenant_id = $1 AND p.delivery_id = d.id
        AND EXISTS (SELECT 1 FROM unnest($2::text[]) AS n(needle) WHERE strpos(lower(p.body), n.needle) > 0)`,
    [tenantId, identities.map(needleOf)],
  );
}

/** The providers that a tenant has had deliveries of. */
const PROVIDERS_SEEN = `(SELECT DISTINCT provider FROM connector_health WHERE tenant_id = $1) seen`;

/** How a body names somebody: an id is a whole JSON string, an e-mail address may be part of one. */
function needleOf({ space, externalId }: Identity): string {
  const text = JSON.stringify(externalId.toLowerCase());
  return space === "email" ? text.slice(1, -1) : text;
}

async function rememberErased(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
  deliveries: readonly ErasedDelivery[],
): Promise<void> {
  const keys = [
    ...events.map(({ provider, eventKey }) => ({ provider, eventKey })),
    ...deliveries.flatMap(({ id, provider, providerEventId, dedupe }) =>
      providerEventId === null ? [] : [{ provider, eventKey: dedupe ? providerEventId : `${providerEventId}#${id}` }],
    ),
  ];
  await transaction.query(
    `INSERT INTO erased_events (tenant_id, provider, event_key)
     SELECT $1, provider, event_key FROM unnest($2::text[], $3::text[]) AS e(provider, event_key)
     ON CONFLICT DO NOTHING`,
    [tenantId, ...columns(keys, (k) => k.provider, (k) => k.eventKey)],
  );
}

/** An object's history goes with its last event; where another contact has events of the object, theirs stay the first. */
async function forgetSubjects(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
  identities: readonly Identity[],
): Promise<void> {
  const subjects = [
    ...events.flatMap(({ provider, subject }) => (subject === null ? [] : [{ provider, subject }])),
    ...identities.map(({ provider, externalId }) => ({ provider, subject: `user:${externalId}` })),
  ];
  const named = columns(subjects, (s) => s.provider, (s) => s.subject);
  await transaction.query(
    `UPDATE subjects s
        SET firsts = (SELECT COALESCE(jsonb_object_agg(f.key, f.value), '{}') FROM jsonb_each(s.firsts) f
                       WHERE NOT f.value #>> '{}' = ANY($4::text[]))
       FROM (SELECT DISTINCT provider, subject FROM unnest($2::text[], $3::text[]) AS n(provider, subject)) n
      WHERE s.tenant_id = $1 AND s.provider = n.provider AND s.subject = n.subject`,
    [tenantId, ...named, events.map((event) => event.id)],
  );
  await transaction.query(
    `DELETE FROM subjects s USING unnest($2::text[], $3::text[]) AS n(provider, subject)
      WHERE s.tenant_id = $1 AND s.provider = n.provider AND s.subject = n.subject AND s.firsts = '{}'`,
    [tenantId, ...named],
  );
}

async function countOff(transaction: Transaction, tenantId: string, identities: readonly Identity[]): Promise<void> {
  const providers = new Set(identities.map(({ provider }) => provider));
  await saveHealth(
    transaction,
    [...providers]
      .filter((provider) => provider !== "app" && provider !== "email")
      .map((provider) => ({ ...unchangedHealth(tenantId, provider), contacts: -1 })),
  );
}
