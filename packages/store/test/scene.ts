import type { EventType, Provider } from "@mara/connectors";
import { v7 as uuid } from "uuid";
import { freshDatabase } from "../../../test/support/services.ts";
import {
  createTenant,
  openStore,
  readKeyring,
  saveContacts,
  saveDeliveries,
  saveEvents,
  saveHealth,
  saveIdentities,
  withStreams,
  type ContactRow,
  type DeliveryRow,
  type EventRow,
  type Store,
} from "../src/index.ts";

export const NOW = Date.UTC(2026, 10, 24, 12, 30);
export const KEY = Buffer.alloc(32, 1).toString("base64");

/** A store on a database of its own, with one tenant. */
export async function openScene(): Promise<{ store: Store; url: string; tenantId: string; close(): Promise<void> }> {
  const database = await freshDatabase();
  const store = openStore({ databaseUrl: database.url, keyring: readKeyring(KEY) });
  await addTenant(store, "acme");
  return {
    store,
    url: database.url,
    tenantId: "acme",
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
}

export async function addTenant(store: Store, id: string): Promise<string> {
  const created = await createTenant(store, { name: id, id });
  if (created.kind !== "created") throw new Error(`tenant ${id} is there already`);
  return created.token;
}

/** A person as the recorder would have kept them: a contact with identities, counted. Answers the contact's id. */
export async function addContact(
  store: Store,
  tenantId: string,
  given: Partial<ContactRow> & { known?: readonly (readonly [space: string, externalId: string, provider: string])[] } = {},
): Promise<string> {
  const { known = [], ...rest } = given;
  const contact: ContactRow = {
    tenantId,
    id: uuid(),
    email: null,
    name: null,
    username: null,
    avatarUrl: null,
    attributes: {},
    deactivatedAt: null,
    createdAt: NOW,
    ...rest,
  };
  const emails = contact.email === null ? [] : [["email", contact.email.toLowerCase(), "email"] as const];
  await withStreams(store.pool, [tenantId], async (transaction) => {
    await saveContacts(transaction, [contact], NOW);
    await saveIdentities(
      transaction,
      [...emails, ...known].map(([space, externalId, provider]) => ({
        tenantId,
        space,
        externalId,
        provider,
        contactId: contact.id,
        facts: { name: [contact.name, NOW, NOW] },
      })),
    );
    await saveHealth(
      transaction,
      [...new Set(known.map(([, , provider]) => provider))]
        .filter((provider) => provider !== "app")
        .map((provider) => ({ ...NO_HEALTH, tenantId, provider, contacts: 1 })),
    );
  });
  return contact.id;
}

const NO_HEALTH = { lastActivityAt: null, lastEventType: null, lastProblem: null, lastProblemAt: null };

/** Records events, in order, under the next numbers of the stream. Answers their ids. */
export async function addEvents(
  store: Store,
  tenantId: string,
  given: readonly (Partial<EventRow> & { type?: EventType; provider?: Provider })[],
): Promise<string[]> {
  return withStreams(store.pool, [tenantId], async (transaction, streams) => {
    const last = streams.get(tenantId) ?? 0n;
    const rows = given.map((event, i): EventRow => {
      const id = uuid();
      return {
        tenantId,
        seq: last + BigInt(i + 1),
        id,
        type: "purchase",
        provider: "stripe",
        providerEventId: `evt_${id}`,
        eventKey: event.providerEventId ?? `evt_${id}`,
        providerEventType: "checkout.session.completed",
        contactId: null,
        via: null,
        subject: null,
        signup: false,
        repeatOf: null,
        occurredAt: NOW,
        data: {},
        ...event,
      };
    });
    await saveEvents(transaction, rows, NOW);
    return rows.map(({ id }) => id);
  });
}

/** Writes down a delivery that is done with. Answers its id. */
export async function addDelivery(store: Store, tenantId: string, given: Partial<DeliveryRow> = {}): Promise<string> {
  const receivedAt = given.receivedAt ?? NOW;
  const id = given.id ?? uuid({ msecs: receivedAt });
  await withStreams(store.pool, [tenantId], (transaction) =>
    saveDeliveries(
      transaction,
      [
        {
          tenantId,
          id,
          provider: "stripe",
          providerEventId: `evt_${id}`,
          providerEventType: "invoice.paid",
          outcome: "processed",
          reason: null,
          receivedAt,
          eventId: null,
          contactId: null,
          via: null,
          secretId: null,
          requestId: null,
          dedupe: true,
          body: "{}",
          ...given,
        },
      ],
      receivedAt + 40,
    ),
  );
  return id;
}
