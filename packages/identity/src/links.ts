import type { Introduction } from "./claims.ts";
import type { ContactGraph, GraphContact } from "./graph.ts";
import { identityKey, notOlder, type Identity, type IdentityKey } from "./identity.ts";
import { isBilling } from "./roles.ts";

/** Moves one of the tenant's own ids, with the billing customers and the addresses that are linked to it: none that was claimed. */
export function part(graph: ContactGraph, id: Identity, to: GraphContact): void {
  const linked = [...graph.contactOf(id).members.values()].filter((m) => m.facts.linkedTo?.[0] === id.externalId);
  graph.move(id, to);
  for (const member of linked) {
    if (member.space === "email") moveEmail(graph, member, to);
    else moveCustomer(graph, member, to);
  }
}

/**
 * Remembers which of the tenant's ids a billing customer belongs to: the newest. And which one its address was told with:
 * the first, so that one which several users pay with stays where it is.
 */
export function linkToApp(graph: ContactGraph, who: Introduction, contact: GraphContact, emails: readonly IdentityKey[]): void {
  const app = who.appKeys[0] && graph.identity(who.appKeys[0]);
  if (!app || !isBilling(who.provider)) return;
  const customer = who.own && graph.identity(who.own);
  const told = emails.flatMap((key) => graph.identity(key) ?? []).filter((email) => isItsFirst(email, who));
  for (const identity of [...(customer && isItsNewest(customer, who) ? [customer] : []), ...told]) {
    if (identity.contactId !== contact.id) continue;
    identity.facts = { ...identity.facts, linkedTo: [app.externalId, ...who.stamp] };
    graph.touch(identity);
  }
}

/** Whether a customer was linked to none of the tenant's ids after this. */
export function isItsNewest({ facts: { linkedTo } }: Identity, { stamp }: Introduction): boolean {
  return !linkedTo || notOlder(stamp, [linkedTo[1], linkedTo[2]]);
}

/** Whether an address that no Clerk user claims is told with one of the tenant's ids, and was not told with any before this. */
export function isItsFirst({ facts: { claim, linkedTo } }: Identity, { appKeys, stamp }: Introduction): boolean {
  return appKeys.length > 0 && !claim && (!linkedTo || !notOlder(stamp, [linkedTo[1], linkedTo[2]]));
}

/**
 * Moves an address. Where no Clerk user claimed it so far, the customers that are known by it alone go along: they only seemed
 * to be its contact's.
 */
export function moveEmail(graph: ContactGraph, email: Identity, to: GraphContact): void {
  const known = email.facts.claim ? [] : knownBy(graph.contactOf(email), email.externalId);
  for (const each of [email, ...known]) graph.move(each, to);
}

/** Moves a customer, with the address that nothing but it, and who is known by that address alone, led to its contact. */
export function moveCustomer(graph: ContactGraph, customer: Identity, to: GraphContact): void {
  const from = graph.contactOf(customer);
  graph.move(customer, to);
  const address = customer.facts.email?.[0];
  const email = address ? from.members.get(identityKey("email", address)) : undefined;
  if (!email || email.facts.claim || email.facts.linkedTo) return;
  const apart = new Set([email, ...knownBy(from, email.externalId)]);
  // An address that a Clerk user only says to be theirs, unverified, holds nothing.
  const isAnothers = [...from.members.values()].some(
    (member) => isBilling(member.space) && !apart.has(member) && member.facts.email?.[0] === address,
  );
  if (!isAnothers) moveEmail(graph, email, to);
}

/** The billing customers of a contact that only an address leads to. */
function knownBy(contact: GraphContact, address: string): Identity[] {
  return [...contact.members.values()].filter(
    ({ space, facts }) => isBilling(space) && !facts.linkedTo && facts.email?.[0] === address,
  );
}
