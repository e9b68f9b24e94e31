import type { EventType, Provider } from "@mara/connectors";
import {
  saveContacts,
  saveCounts,
  saveDeliveries,
  saveEvents,
  saveHealth,
  saveIdentities,
  saveJoblessDeliveries,
  withStreams,
  type DeliveryRow,
  type Store,
} from "@mara/store";
import { v7 as uuid } from "uuid";
import { nextReceipt } from "./clock.ts";

// What the worker would have written, by the same functions.

const AT = Date.UTC(2026, 10, 24, 12);

export interface SeededContact {
  readonly email?: string;
  readonly name?: string;
  readonly identities?: readonly { readonly provider: Provider | "app"; readonly externalId: string }[];
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** Answers the contact's id. */
export async function seedContact(store: Store, tenantId: string, contact: SeededContact = {}): Promise<string> {
  const id = uuid();
  const { email = null, name = null, identities = [], attributes = {} } = contact;
  await withStreams(store.pool, [tenantId], async (client) => {
    const rest = { username: null, avatarUrl: null, deactivatedAt: null, createdAt: AT };
    await saveContacts(client, [{ tenantId, id, email, name, attributes, ...rest }], AT);
    const known = identities.map(({ provider, externalId }) => {
      const space = provider === "clerk" ? "app" : provider;
      return { tenantId, space, externalId, provider, contactId: id, facts: {} };
    });
    const mail = email === null ? [] : [{ tenantId, space: "email", externalId: email, provider: "email", contactId: id, facts: {} }];
    await saveIdentities(client, [...known, ...mail]);
  });
  return id;
}

export interface SeededEvent {
  readonly type?: EventType;
  readonly provider?: Provider;
  readonly contactId?: string;
}

/** Records events one after the other in one transaction. Answers their ids. */
export async function seedEvents(store: Store, tenantId: string, events: readonly SeededEvent[]): Promise<string[]> {
  return withStreams(store.pool, [tenantId], async (client, streams) => {
    const last = streams.get(tenantId) ?? 0n;
    const rows = events.map(({ type = "purchase", provider = "stripe", contactId = null }, index) => {
      const id = uuid();
      const key = `evt_${id}`;
      return {
        tenantId,
        seq: last + BigInt(index) + 1n,
        id,
        type,
        provider,
        providerEventId: key,
        eventKey: key,
        providerEventType: "checkout.session.completed",
        contactId,
        via: null,
        subject: null,
        signup: false,
        repeatOf: null,
        occurredAt: AT,
        data: { amount: 4_900, currency: "usd" },
      };
    });
    await saveEvents(client, rows, AT);
    return rows.map((row) => row.id);
  });
}

/** A delivery that the worker is done with. Answers its id. */
export async function seedDelivery(store: Store, tenantId: string, delivery: Partial<DeliveryRow> = {}): Promise<string> {
  const receivedAt = delivery.receivedAt ?? nextReceipt();
  const row: DeliveryRow = {
    tenantId,
    id: uuid({ msecs: receivedAt }),
    provider: "stripe",
    providerEventId: `evt_${uuid()}`,
    providerEventType: "invoice.payment_failed",
    outcome: "processed",
    reason: null,
    receivedAt,
    eventId: null,
    contactId: null,
    via: null,
    secretId: null,
    requestId: null,
    dedupe: true,
    body: '{"kept":true}',
    ...delivery,
  };
  await withStreams(store.pool, [tenantId], async (client) => {
    await saveDeliveries(client, [row], receivedAt);
    const { provider, outcome, reason } = row;
    await saveCounts(client, [{ tenantId, provider, outcome, hour: receivedAt - (receivedAt % 3_600_000), count: 1 }]);
    const problem = outcome === "failed" ? { lastProblem: reason, lastProblemAt: receivedAt } : { lastProblem: null, lastProblemAt: null };
    const activity = { contacts: 0, lastActivityAt: receivedAt, lastEventType: row.providerEventType };
    await saveHealth(client, [{ tenantId, provider, ...activity, ...problem }]);
  });
  return row.id;
}

/** A delivery that ingest turned away. Answers its id. */
export async function seedRejection(store: Store, tenantId: string, provider: Provider, reason: string): Promise<string> {
  const receivedAt = nextReceipt();
  const deliveryId = uuid({ msecs: receivedAt });
  await saveJoblessDeliveries(store, [
    {
      tenantId,
      provider,
      deliveryId,
      providerEventId: null,
      providerEventType: null,
      outcome: "rejected",
      reason,
      receivedAt,
      secretId: null,
      requestId: null,
      count: 1,
    },
  ]);
  return deliveryId;
}
