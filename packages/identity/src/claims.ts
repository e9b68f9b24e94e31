import type { Provider } from "@mara/connectors";
import { accountOf, type ContactGraph, type GraphContact } from "./graph.ts";
import { notOlder, type Identity, type IdentityKey, type Stamp } from "./identity.ts";
import { hasAccounts } from "./roles.ts";

/** Who is met, in keys: what `meet` hands from step to step. */
export interface Introduction {
  readonly provider: Provider;
  readonly own: IdentityKey | null;
  readonly appKeys: readonly IdentityKey[];
  readonly stamp: Stamp;
}

/** Whether this is a Clerk user, and the contact another one's. */
export function isForeign(who: Introduction, contact: GraphContact): boolean {
  if (!hasAccounts(who.provider)) return false;
  const account = accountOf(contact);
  return account !== null && account !== who.own;
}

/** The address is this contact's from now on, unless it stayed with another Clerk user. */
export function claim(graph: ContactGraph, who: Introduction, contact: GraphContact, key: IdentityKey): void {
  const email = graph.identity(key) ?? graph.add(key, "email", contact);
  if (email.facts.unverified) {
    const { unverified: _, ...facts } = email.facts;
    email.facts = facts;
    graph.move(email, contact);
    graph.touch(email);
  }
  if (hasAccounts(who.provider)) noteClaim(graph, contact, key, who.stamp);
}

/** Remembers when a Clerk user said last that an address or an id is theirs. */
export function noteClaim(graph: ContactGraph, contact: GraphContact, key: IdentityKey, stamp: Stamp): void {
  const claimed = graph.identity(key);
  if (claimed?.contactId !== contact.id || !isNewerClaim(claimed, stamp)) return;
  // With whose id a billing provider told it first counts no more.
  const { linkedTo: _, ...facts } = claimed.facts;
  claimed.facts = { ...facts, claim: stamp };
  graph.touch(claimed);
}

/** An unverified address is shown where nobody else holds it, and identifies nobody. */
export function claimUnverified(graph: ContactGraph, contact: GraphContact, key: IdentityKey, stamp: Stamp): void {
  const known = graph.identity(key);
  if (known && (!known.facts.unverified || !notOlder(stamp, known.facts.unverified))) return;
  const email = known ?? graph.add(key, "email", contact);
  graph.move(email, contact);
  email.facts = { ...email.facts, unverified: stamp };
  graph.touch(email);
}

export function isNewerClaim({ facts }: Identity, stamp: Stamp): boolean {
  return !facts.claim || notOlder(stamp, facts.claim);
}
