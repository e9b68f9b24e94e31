import type { ConsoleClient } from "./console-client.ts";
import type { Contact, Event } from "./contract.ts";

/** What there is in the end of a tenant's history, but for the ids that we gave and the times at which we heard of it. */
export interface FinalState {
  readonly contacts: readonly object[];
  readonly moments: readonly object[];
}

/** Two histories of the same happenings, in whatever order they arrived, have equal final states. */
export async function finalState(api: ConsoleClient, tenantId: string): Promise<FinalState> {
  const [contacts, events] = [await api.contacts(tenantId), await api.events(tenantId)];
  const names = new Map(contacts.map((contact) => [contact.id, knownAs(contact)]));
  const things = new Map<string, Event[]>();
  for (const event of events) things.set(event.repeatOf ?? event.id, [...(things.get(event.repeatOf ?? event.id) ?? []), event]);
  return {
    contacts: contacts.map(plainContact).sort(byText),
    moments: events
      .map(({ id, repeatOf, contactId, type, provider, providerEventId, providerEventType, occurredAt, data }) => ({
        type,
        provider,
        providerEventId,
        providerEventType,
        occurredAt,
        data,
        contact: contactId === null ? null : names.get(contactId),
        // Which of those that tell one thing came first is up to their arrival; that they belong together is not.
        thing: (things.get(repeatOf ?? id) ?? []).map((event) => event.providerEventId).sort(),
      }))
      .sort(byText),
  };
}

function plainContact({ email, name, username, avatarUrl, attributes, deactivatedAt, identities }: Contact): object {
  const known = identities.map(({ provider, externalId }) => `${provider} ${externalId}`).sort();
  return { email, name, username, avatarUrl, attributes, deactivatedAt, identities: known };
}

function knownAs({ email, identities }: Contact): string {
  return [email, ...identities.map(({ provider, externalId }) => `${provider} ${externalId}`).sort()].join(", ");
}

function byText(a: object, b: object): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : Number(x > y);
}
