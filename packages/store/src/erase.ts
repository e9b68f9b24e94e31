import { isProvider } from "@mara/connectors";
import { noteErasure } from "./backfills.ts";
import { findFailed, type NamesIn } from "./erase-failed.ts";
import { forgetHistories } from "./erase-histories.ts";
import type { ErasedDelivery, ErasedEvent, ErasedIdentity } from "./erased.ts";
import { eventKeyOf } from "./event-key.ts";
import type { Store } from "./open-store.ts";
import { UUID } from "./page.ts";
import { arrays, text, uuid } from "./record/arrays.ts";
import { saveHealth, unchangedHealth } from "./record/save-figures.ts";
import { withStreams } from "./record/stream.ts";
import type { Transaction } from "./record/transaction.ts";
import { resolvedContact } from "./resolve-contact.ts";

/**
 * Erases a contact (named by its id, or that of one merged into it): identities, events, stored payloads, and what its
 * deliveries and the histories of its objects say of it. Its provider events are remembered by their ids alone, so that no
 * redelivery and no replay brings it back, nor a page of an import that was fetched before. Answers whether there was one.
 * @param namesIn reads whom the body of a failed delivery names.
 */
export async function eraseContact(
  store: Store,
  tenantId: string,
  contactId: string,
  namesIn: NamesIn,
): Promise<boolean> {
  if (!UUID.test(contactId)) return false;
  return withStreams(store.pool, [tenantId], async (transaction) => {
    const id = await lockContact(transaction, tenantId, contactId);
    if (id === null) return false;
    const identities = await deleteIdentities(transaction, tenantId, id);
    const events = await deleteEvents(transaction, tenantId, id);
    const linked = await clearDeliveries(transaction, tenantId, id, events);
    const failed = await findFailed(transaction, tenantId, identities, namesIn);
    const deliveries = [...linked, ...failed];
    await deletePayloads(transaction, tenantId, deliveries.map((delivery) => delivery.id));
    await rememberErased(transaction, tenantId, events, deliveries);
    await forgetHistories(transaction, tenantId, events, identities);
    await transaction.query("DELETE FROM contact_redirects WHERE tenant_id = $1 AND contact_id = $2", [tenantId, id]);
    await transaction.query("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
    await countOff(transaction, tenantId, identities);
    await noteErasure(transaction, tenantId);
    return true;
  });
}

async function lockContact(transaction: Transaction, tenantId: string, contactId: string): Promise<string | null> {
  const { rows } = await transaction.query<{ id: string }>(
    `SELECT id FROM contacts WHERE tenant_id = $1 AND id = ${resolvedContact("$1", "$2")}`,
    [tenantId, contactId],
  );
  return rows[0]?.id ?? null;
}

async function deleteIdentities(transaction: Transaction, tenantId: string, id: string): Promise<ErasedIdentity[]> {
  const { rows } = await transaction.query<ErasedIdentity>(
    `DELETE FROM identities WHERE tenant_id = $1 AND contact_id = $2
     RETURNING space, external_id AS "externalId", provider, facts ? 'unverified' AS "isUnverified"`,
    [tenantId, id],
  );
  return rows;
}

async function deleteEvents(transaction: Transaction, tenantId: string, id: string): Promise<ErasedEvent[]> {
  const { rows } = await transaction.query<ErasedEvent>(
    `DELETE FROM events WHERE tenant_id = $1 AND contact_id = $2
     RETURNING id, provider, provider_event_id AS "providerEventId", event_key AS "eventKey", subject, signup`,
    [tenantId, id],
  );
  return rows;
}

/**
 * Deliveries stay listed, because they were counted; whom they were about, nobody can tell any more. Where the provider
 * reuses one event id for many events, the id says nothing: such a delivery goes with the event that came of itself.
 */
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
       SELECT d.id FROM unnest($3::text[], $4::text[], $5::uuid[]) AS e(provider, provider_event_id, id)
         JOIN deliveries d ON d.tenant_id = $1 AND d.provider_event_id = e.provider_event_id AND d.provider = e.provider
                          AND (d.dedupe OR d.event_id = e.id)
     )
     UPDATE deliveries d SET contact_id = NULL, event_id = NULL, via = NULL,
            reason = CASE WHEN d.outcome = 'failed' THEN d.reason ELSE 'the contact that it was about was erased' END
       FROM theirs WHERE d.tenant_id = $1 AND d.id = theirs.id
     RETURNING d.id, d.provider, d.provider_event_id AS "providerEventId", d.dedupe`,
    [tenantId, id, ...arrays(events, text((e) => e.provider), text((e) => e.providerEventId), uuid((e) => e.id))],
  );
  return rows;
}

async function deletePayloads(transaction: Transaction, tenantId: string, deliveryIds: readonly string[]): Promise<void> {
  await transaction.query("DELETE FROM payloads WHERE tenant_id = $1 AND delivery_id = ANY($2::uuid[])", [
    tenantId,
    deliveryIds,
  ]);
}

/** An event that is recorded for somebody else stays theirs, whomever a delivery of it seemed to be about. */
async function rememberErased(
  transaction: Transaction,
  tenantId: string,
  events: readonly ErasedEvent[],
  deliveries: readonly ErasedDelivery[],
): Promise<void> {
  const keys = [
    ...events.map(({ provider, eventKey }) => ({ provider, eventKey })),
    ...deliveries.flatMap(({ id, provider, providerEventId, dedupe }) =>
      providerEventId === null ? [] : [{ provider, eventKey: eventKeyOf({ providerEventId, deliveryId: id, dedupe }) }],
    ),
  ];
  await transaction.query(
    `INSERT INTO erased_events (tenant_id, provider, event_key)
     SELECT $1, g.provider, g.event_key FROM unnest($2::text[], $3::text[]) AS g(provider, event_key)
      WHERE NOT EXISTS (
        SELECT 1 FROM events e WHERE e.tenant_id = $1 AND e.provider = g.provider AND e.event_key = g.event_key)
     ON CONFLICT DO NOTHING`,
    [tenantId, ...arrays(keys, text((k) => k.provider), text((k) => k.eventKey))],
  );
}

async function countOff(transaction: Transaction, tenantId: string, identities: readonly ErasedIdentity[]): Promise<void> {
  const providers = new Set(identities.map(({ provider }) => provider).filter(isProvider));
  await saveHealth(transaction, [...providers].map((provider) => ({ ...unchangedHealth(tenantId, provider), contacts: -1 })));
}
