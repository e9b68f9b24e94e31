import { connectors, mentionsIn, type Person, type Provider } from "@mara/connectors";
import { identityKey, idsOf, spaceOf } from "@mara/identity";
import type { FailedDelivery, Named } from "@mara/store";

/**
 * Whom a failed delivery names: the person that its connector reads it to be about. Where it can't be read, which may be why
 * it failed, or tells of nobody, it is everybody whom it may name.
 */
export function namesIn(delivery: FailedDelivery): Named {
  const person = personIn(delivery);
  return person === null ? mentioned(delivery.provider, delivery.body) : named(delivery.provider, person);
}

function personIn({ provider, providerEventId, receivedAt, body }: FailedDelivery): Person | null {
  const connector = connectors[provider];
  try {
    return connector.normalise(connector.read({ id: providerEventId ?? "", body, receivedAt })).facts?.person ?? null;
  } catch {
    // Whatever it stumbled over: nobody's erasure may fail because of it.
    return null;
  }
}

/** As a recorded event has it. An address that nobody verified identifies nobody, because anyone can claim anyone's. */
function named(provider: Provider, person: Person): Named {
  return {
    isRead: true,
    ids: idsOf(provider, person),
    addresses: person.emails.filter((email) => email.verified).map(({ address }) => identityKey("email", address)),
  };
}

function mentioned(provider: Provider, body: string): Named {
  const { ids, appIds, addresses } = mentionsIn(body);
  return {
    isRead: false,
    ids: [...ids.map((id) => identityKey(spaceOf(provider), id)), ...appIds.map((id) => identityKey("app", id))],
    addresses: addresses.map((address) => identityKey("email", address)),
  };
}
