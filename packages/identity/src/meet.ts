import type { Person, Provider } from "@mara/connectors";
import { claim, claimUnverified, isForeign, isNewerClaim, noteClaim, type Introduction } from "./claims.ts";
import { tell, tellAsGuest } from "./facts.ts";
import { accountOf, type ContactGraph, type GraphContact } from "./graph.ts";
import { identityKey, spaceOf, type Identity, type IdentityKey, type Stamp } from "./identity.ts";
import { isItsFirst, isItsNewest, linkToApp, moveCustomer, moveEmail, part } from "./links.ts";
import { hasAccounts, isBilling, type AccountProvider } from "./roles.ts";

/** Every key by which a person is looked up: what the graph must be loaded with. */
export function keysOf(provider: Provider, person: Person): IdentityKey[] {
  return [...idsOf(provider, person), ...person.emails.map((email) => identityKey("email", email.address))];
}

/**
 * The ids that may lead an event to its contact, the closest first. What a billing provider says of one of the tenant's own
 * ids stays with that id, should the customer be linked to another one later: an organisation pays for several users.
 */
export function idsOf(provider: Provider, person: Person): IdentityKey[] {
  const { own, appKeys } = idsIn(provider, person);
  const ofProvider = own ? [own] : [];
  return hasAccounts(provider) ? [...ofProvider, ...appKeys] : [...appKeys, ...ofProvider];
}

function idsIn(provider: Provider, person: Person): Pick<Introduction, "own" | "appKeys"> {
  const own = person.externalId === null ? null : identityKey(spaceOf(provider), person.externalId);
  return { own, appKeys: person.appIds.map((id) => identityKey("app", id)).filter((key) => key !== own) };
}

/**
 * Finds or makes the contact that an event is about, merges what turns out to be one person, and lays what the event
 * tells over it. Answers the identity that led to the contact (its contact may still change while the graph learns more);
 * null where there is nobody to meet.
 *
 * Ids first: equal ids are one person whatever the e-mails say. Then verified e-mails. Contacts of two different Clerk
 * users never become one: an address, or an id of the tenant's own, that both claim goes to the newer verified claim, and
 * merges nothing.
 */
export function meet(
  graph: ContactGraph,
  provider: Provider,
  person: Person,
  stamp: Stamp,
): Identity | null {
  const { own, appKeys } = idsIn(provider, person);
  const verified = person.emails.filter((e) => e.verified).map((e) => identityKey("email", e.address));
  if (own === null && appKeys.length === 0 && verified.length === 0) return null;
  const who: Introduction = { provider, own, appKeys, stamp };

  // Before anything is merged: what a Clerk user says must not be laid on another one's contact.
  if (hasAccounts(provider)) recognise(graph, who, provider);
  let contact = byIds(graph, who);
  for (const key of verified) contact = byEmail(graph, who, contact, key);
  contact ??= graph.create();
  attach(graph, who, contact);
  for (const key of verified) claim(graph, who, contact, key);
  linkToApp(graph, who, contact, verified);
  for (const email of person.emails) {
    if (!email.verified) claimUnverified(graph, contact, identityKey("email", email.address), stamp);
  }
  if (hasAccounts(provider)) for (const key of appKeys) noteClaim(graph, contact, key, stamp);
  const speaker = speakerOf(graph, contact, [...idsOf(provider, person), ...verified]);
  layOver(graph, speaker, who, person);
  return speaker;
}

/** The contact that the ids name. An id is stronger than an e-mail: it can take a customer from the contact it was mailed to. */
function byIds(graph: ContactGraph, who: Introduction): GraphContact | null {
  let named: GraphContact | null = null;
  for (const key of who.appKeys) {
    const known = graph.identity(key);
    if (!known) continue;
    const contact = graph.contactOf(known);
    named = named ? (graph.merge(named, contact) ?? named) : contact;
  }
  const identity = who.own ? graph.identity(who.own) : undefined;
  if (!identity) return named && isForeign(who, named) ? null : named;
  const mine = graph.contactOf(identity);
  if (!named) return mine;
  const merged = graph.merge(mine, named);
  if (merged) return merged;
  // Two Clerk users stand behind the two, so they stay two. A billing customer goes with the id that was named last.
  if (hasAccounts(who.provider)) return mine;
  if (isItsNewest(identity, who)) moveCustomer(graph, identity, named);
  return named;
}

/** The contact that a verified address adds to what is known so far. */
function byEmail(
  graph: ContactGraph,
  who: Introduction,
  contact: GraphContact | null,
  key: IdentityKey,
): GraphContact | null {
  const email = graph.identity(key);
  if (!email || email.facts.unverified) return contact;
  const owner = graph.contactOf(email);
  if (owner === contact) return contact;
  if (!isForeign(who, owner)) {
    if (!contact) return owner;
    const merged = graph.merge(owner, contact);
    if (merged) return merged;
  }
  if (isBilling(who.provider)) {
    if (contact && isItsFirst(email, who)) moveEmail(graph, email, contact);
    return contact;
  }
  const claimant = contact ?? graph.create();
  if (isNewerClaim(email, who.stamp)) moveEmail(graph, email, claimant);
  return claimant;
}

function attach(graph: ContactGraph, who: Introduction, contact: GraphContact): void {
  if (who.own && !graph.identity(who.own)) graph.add(who.own, who.provider, contact);
  for (const key of who.appKeys) if (!graph.identity(key)) graph.add(key, "app", contact);
}

/** Ids of the tenant's own that turn out to be a Clerk user's leave the contact that is another Clerk user's, if it is. */
function recognise(graph: ContactGraph, who: Introduction, provider: AccountProvider): void {
  const own = who.own && graph.identity(who.own);
  if (own?.provider === "app") {
    const parts = accountOf(graph.contactOf(own)) !== null;
    own.provider = provider;
    graph.touch(own);
    if (parts) part(graph, own, graph.create());
  }
  for (const key of who.appKeys) {
    const id = graph.identity(key);
    if (id?.provider !== "app" || !isForeign(who, graph.contactOf(id)) || !isNewerClaim(id, who.stamp)) continue;
    const known = who.own && graph.identity(who.own);
    part(graph, id, known ? graph.contactOf(known) : graph.create());
  }
}

/** The identity that what is told is laid over: the first one named that is the contact's own. */
function speakerOf(graph: ContactGraph, contact: GraphContact, keys: readonly IdentityKey[]): Identity {
  for (const key of keys) {
    const identity = graph.identity(key);
    if (identity?.contactId === contact.id) return identity;
  }
  throw new Error("nothing links the event to its contact");
}

function layOver(graph: ContactGraph, speaker: Identity, { provider, stamp }: Introduction, person: Person): void {
  const isGuest = isBilling(provider) && speaker.space === "app";
  const facts = isGuest ? tellAsGuest(speaker.facts, provider, person, stamp) : tell(speaker.facts, person, stamp);
  if (facts === speaker.facts) return;
  speaker.facts = facts;
  graph.touch(speaker);
}
