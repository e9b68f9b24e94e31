import type { Scalar } from "@mara/connectors";
import { firstInOrder } from "./facts.ts";
import { identityKey, type Identity, type Told } from "./identity.ts";

/** What a contact shows. All of it follows from its identities; `createdAt` alone is its own. */
export interface ContactView {
  readonly email: string | null;
  readonly name: string | null;
  readonly username: string | null;
  readonly avatarUrl: string | null;
  readonly attributes: Readonly<Record<string, Scalar>>;
  /** Epoch milliseconds. */
  readonly deactivatedAt: number | null;
}

/** Where a shown attribute came from. */
export interface AttributeOrigin {
  readonly value: Scalar;
  readonly provider: Identity["provider"];
  readonly externalId: string;
  /** Epoch milliseconds, by the provider's clock. */
  readonly toldAt: number;
}

/**
 * The contact that a set of identities makes. A pure function of the set: identities may come, move and merge in any
 * order. What Clerk says of a person's profile beats what a billing provider says, because it is the person's own
 * account; otherwise the newest wins. An e-mail is shown only by the contact that owns it.
 */
export function fold(identities: Iterable<Identity>): ContactView {
  const members = [...identities];
  const owned = new Set(members.filter((m) => m.space === "email").map((m) => m.externalId));
  const attributes = originsOf(members);
  return {
    email: newest(members, (m) => ownedEmail(m, owned)) ?? smallest(owned),
    name: newest(members, (m) => m.facts.name),
    username: newest(members, (m) => m.facts.username),
    avatarUrl: newest(members, (m) => m.facts.avatarUrl),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, origin]) => [key, origin.value])),
    deactivatedAt: members.reduce<number | null>(
      (at, m) => (m.facts.deletedAt === undefined ? at : Math.min(at ?? Infinity, m.facts.deletedAt)),
      null,
    ),
  };
}

/** For each attribute that the identities make together, the newest value and who told it. At most fifty. */
export function originsOf(identities: Iterable<Identity>): Record<string, AttributeOrigin> {
  const found = new Map<string, { told: Told<Scalar>; from: Identity }>();
  for (const identity of identities) {
    for (const [key, told] of Object.entries(identity.facts.attributes ?? {})) {
      const other = found.get(key);
      if (!other || outranks(told, identity, other.told, other.from)) found.set(key, { told, from: identity });
    }
  }
  return firstInOrder(
    Object.fromEntries(
      [...found].map(([key, { told, from }]) => [
        key,
        { value: told[0], provider: from.provider, externalId: from.externalId, toldAt: told[1] },
      ]),
    ),
  );
}

function newest(members: Identity[], read: (member: Identity) => Told<string | null> | undefined): string | null {
  let best: { told: Told<string | null>; from: Identity } | null = null;
  for (const from of members) {
    const told = read(from);
    if (!told || told[0] === null) continue;
    if (!best) best = { told, from };
    else if (isClerk(from) !== isClerk(best.from)) best = isClerk(from) ? { told, from } : best;
    else if (outranks(told, from, best.told, best.from)) best = { told, from };
  }
  return best ? best.told[0] : null;
}

function isClerk(identity: Identity): boolean {
  return identity.provider === "clerk";
}

function ownedEmail(member: Identity, owned: Set<string>): Told<string | null> | undefined {
  const told = member.facts.email;
  return told && told[0] !== null && owned.has(told[0]) ? told : undefined;
}

function smallest(addresses: Set<string>): string | null {
  return [...addresses].sort()[0] ?? null;
}

/** A total order, so that equal stamps of two identities fold alike everywhere. */
function outranks(a: Told<unknown>, from: Identity, b: Told<unknown>, other: Identity): boolean {
  if (a[1] !== b[1]) return a[1] > b[1];
  if (a[2] !== b[2]) return a[2] > b[2];
  return identityKey(from.space, from.externalId) > identityKey(other.space, other.externalId);
}
