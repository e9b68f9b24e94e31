import type { Person, Provider } from "@mara/connectors";
import { tell } from "./facts.ts";
import { clerkOf, type ContactGraph, type GraphContact } from "./graph.ts";
import { identityKey, notOlder, spaceOf, type Identity, type IdentityKey, type Stamp } from "./identity.ts";

/** Who is met, in keys: what `meet` hands from step to step. */
interface Introduction {
  readonly provider: Provider;
  readonly own: IdentityKey | null;
  readonly appKeys: readonly IdentityKey[];
  readonly stamp: Stamp;
}

/** Every key by which a person is looked up: what the graph must be loaded with. */
export function keysOf(provider: Provider, person: Person): IdentityKey[] {
  const own = person.externalId === null ? [] : [identityKey(spaceOf(provider), person.externalId)];
  const app = person.appIds.map((id) => identityKey("app", id));
  return [...own, ...app, ...person.emails.map((email) => identityKey("email", email.address))];
}

/**
 * Finds or makes the contact that an event is about, merges what turns out to be one person, and lays what the event
 * tells over it. Answers the identity that led to the contact (its contact may still change while the graph learns more);
 * null where there is nobody to meet.
 *
 * Ids first: equal ids are one person whatever the e-mails say. Then verified e-mails. Contacts of two different Clerk
 * users never become one: an address that both claim goes to the newer verified claim, and merges nothing.
 */
export function meet(
  graph: ContactGraph,
  provider: Provider,
  person: Person,
  stamp: Stamp,
): Identity | null {
  const own = person.externalId === null ? null : identityKey(spaceOf(provider), person.externalId);
  const appKeys = person.appIds.map((id) => identityKey("app", id)).filter((key) => key !== own);
  const verified = person.emails.filter((e) => e.verified).map((e) => identityKey("email", e.address));
  if (own === null && appKeys.length === 0 && verified.length === 0) return null;
  const who: Introduction = { provider, own, appKeys, stamp };

  let contact = byIds(graph, who);
  for (const key of verified) contact = byEmail(graph, who, contact, key);
  contact = attach(graph, who, contact ?? graph.create());
  linkToApp(graph, who, contact);
  for (const key of verified) claim(graph, who, contact, key);
  for (const email of person.emails) {
    if (!email.verified) claimUnverified(graph, contact, identityKey("email", email.address), stamp);
  }
  const speaker = speakerOf(graph, contact, [...(own ? [own] : []), ...appKeys, ...verified]);
  const facts = tell(speaker.facts, person, stamp);
  if (facts !== speaker.facts) {
    speaker.facts = facts;
    graph.touch(speaker);
  }
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
  if (who.provider === "clerk") return mine;
  const linked = identity.facts.linkedTo;
  if (!linked || notOlder(who.stamp, [linked[1], linked[2]])) graph.move(identity, named);
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
  if (who.provider !== "clerk") return contact;
  const claimant = contact ?? graph.create();
  if (isNewerClaim(email, who.stamp)) graph.move(email, claimant);
  return claimant;
}

/** Whether this is a Clerk user, and the contact another one's. */
function isForeign(who: Introduction, contact: GraphContact): boolean {
  if (who.provider !== "clerk") return false;
  const clerk = clerkOf(contact);
  return clerk !== null && clerk !== who.own;
}

function attach(graph: ContactGraph, who: Introduction, contact: GraphContact): GraphContact {
  let owner = contact;
  if (who.own) {
    const known = graph.identity(who.own);
    if (!known) graph.add(who.own, who.provider, contact);
    else if (known.provider === "app" && who.provider === "clerk") owner = recogniseClerk(graph, known, contact);
  }
  for (const key of who.appKeys) if (!graph.identity(key)) graph.add(key, "app", owner);
  return owner;
}

/** One of the tenant's own ids turns out to be a Clerk user. If its contact is another Clerk user's already, the two part. */
function recogniseClerk(graph: ContactGraph, identity: Identity, contact: GraphContact): GraphContact {
  const parts = clerkOf(contact) !== null;
  identity.provider = "clerk";
  graph.touch(identity);
  if (!parts) return contact;
  const own = graph.create();
  const linked = [...contact.members.values()].filter((m) => m.facts.linkedTo?.[0] === identity.externalId);
  for (const member of [identity, ...linked]) graph.move(member, own);
  return own;
}

/** Remembers which of the tenant's ids a billing customer belongs to. */
function linkToApp(graph: ContactGraph, who: Introduction, contact: GraphContact): void {
  const app = who.appKeys[0] && graph.identity(who.appKeys[0]);
  const identity = who.own && graph.identity(who.own);
  if (!app || !identity || who.provider === "clerk" || identity.contactId !== contact.id) return;
  const linked = identity.facts.linkedTo;
  if (linked && !notOlder(who.stamp, [linked[1], linked[2]])) return;
  identity.facts = { ...identity.facts, linkedTo: [app.externalId, ...who.stamp] };
  graph.touch(identity);
}

/** The address is this contact's from now on, unless it stayed with another Clerk user. */
function claim(graph: ContactGraph, who: Introduction, contact: GraphContact, key: IdentityKey): void {
  const email = graph.identity(key) ?? graph.add(key, "email", contact);
  if (email.facts.unverified) {
    const { unverified: _, ...facts } = email.facts;
    email.facts = facts;
    graph.move(email, contact);
    graph.touch(email);
  }
  if (who.provider === "clerk" && email.contactId === contact.id && isNewerClaim(email, who.stamp)) {
    email.facts = { ...email.facts, claim: who.stamp };
    graph.touch(email);
  }
}

/** An unverified address is shown where nobody else holds it, and identifies nobody. */
function claimUnverified(graph: ContactGraph, contact: GraphContact, key: IdentityKey, stamp: Stamp): void {
  const known = graph.identity(key);
  if (known && (!known.facts.unverified || !notOlder(stamp, known.facts.unverified))) return;
  const email = known ?? graph.add(key, "email", contact);
  graph.move(email, contact);
  email.facts = { ...email.facts, unverified: stamp };
  graph.touch(email);
}

function isNewerClaim(email: Identity, stamp: Stamp): boolean {
  return !email.facts.claim || notOlder(stamp, email.facts.claim);
}

/** The identity that what is told is laid over: the first one named that is the contact's own. */
function speakerOf(graph: ContactGraph, contact: GraphContact, keys: readonly IdentityKey[]): Identity {
  for (const key of keys) {
    const identity = graph.identity(key);
    if (identity?.contactId === contact.id) return identity;
  }
  throw new Error("nothing links the event to its contact");
}
