import { fold, type ContactView } from "./contact.ts";
import { forgetOldest } from "./forget.ts";
import { identityKey, isSpace, type Identity, type IdentityKey, type Space } from "./identity.ts";
import { hasAccounts } from "./roles.ts";

/** A contact with its identities, as loaded and as changed. */
export interface GraphContact {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly members: Map<IdentityKey, Identity>;
  /** What it showed when it was loaded; null for one that is new. */
  readonly before: ContactView | null;
  /** The providers it was known by when it was loaded. */
  readonly providersBefore: ReadonlySet<string>;
}

/** A stored identity that left its contact for another while both go on: what came through it goes with it. */
export interface Move {
  readonly key: IdentityKey;
  /** The contact it was stored with. */
  readonly from: string;
  readonly to: string;
}

/** A contact that went into another. */
export interface Merge {
  readonly from: string;
  readonly into: string;
}

export interface Changes {
  readonly contacts: readonly GraphContact[];
  readonly identities: readonly Identity[];
  readonly moves: readonly Move[];
  /** Only of contacts that were stored, each into the contact that is left in the end. */
  readonly merges: readonly (Merge & { readonly providers: ReadonlySet<string> })[];
}

export interface StoredContact extends ContactView {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/**
 * The contacts of one tenant that a batch touches, and the identities that make them, held in memory while the tenant's
 * stream is locked. It must be given every identity that the batch names, and all the others of their contacts.
 */
export class ContactGraph {
  readonly #identities = new Map<IdentityKey, Identity>();
  readonly #contacts = new Map<string, GraphContact>();
  readonly #changedIdentities = new Set<Identity>();
  readonly #changedContacts = new Set<GraphContact>();
  readonly #merged: { from: GraphContact; into: GraphContact }[] = [];
  readonly #moved = new Set<Identity>();
  readonly #storedWith = new Map<Identity, string>();
  readonly #birth: () => { id: string; createdAt: number };

  /** @param birth makes the id and the time (epoch ms) of a contact that is met for the first time. */
  constructor(
    identities: Iterable<Identity>,
    contacts: Iterable<StoredContact>,
    birth: () => { id: string; createdAt: number },
  ) {
    this.#birth = birth;
    const members = new Map<string, Map<IdentityKey, Identity>>();
    for (const identity of identities) {
      const key = keyOf(identity);
      this.#identities.set(key, identity);
      this.#storedWith.set(identity, identity.contactId);
      const of = members.get(identity.contactId) ?? new Map<IdentityKey, Identity>();
      members.set(identity.contactId, of.set(key, identity));
    }
    for (const { id, createdAt, ...view } of contacts) {
      const of = members.get(id) ?? new Map<IdentityKey, Identity>();
      this.#contacts.set(id, { id, createdAt, members: of, before: view, providersBefore: providersOf(of.values()) });
    }
  }

  identity(key: IdentityKey): Identity | undefined {
    return this.#identities.get(key);
  }

  /** The contact that an identity of the graph belongs to. Throws where it was not loaded with it: that would be a bug. */
  contactOf(identity: Identity): GraphContact {
    const contact = this.#contacts.get(identity.contactId);
    if (!contact) throw new Error(`contact ${identity.contactId} was not loaded`);
    return contact;
  }

  create(): GraphContact {
    const contact: GraphContact = {
      ...this.#birth(),
      members: new Map<IdentityKey, Identity>(),
      before: null,
      providersBefore: new Set<string>(),
    };
    this.#contacts.set(contact.id, contact);
    this.#changedContacts.add(contact);
    return contact;
  }

  add(key: IdentityKey, provider: Identity["provider"], contact: GraphContact): Identity {
    const identity: Identity = { ...partsOf(key), provider, contactId: contact.id, facts: {} };
    this.#identities.set(key, identity);
    contact.members.set(key, identity);
    this.touch(identity);
    return identity;
  }

  /** Notes that an identity was changed, and so its contact's fold. */
  touch(identity: Identity): void {
    this.#changedIdentities.add(identity);
    this.#changedContacts.add(this.contactOf(identity));
  }

  move(identity: Identity, to: GraphContact): void {
    const from = this.contactOf(identity);
    if (from === to) return;
    const key = keyOf(identity);
    from.members.delete(key);
    to.members.set(key, identity);
    identity.contactId = to.id;
    this.#moved.add(identity);
    this.#changedContacts.add(from);
    this.touch(identity);
  }

  /** Makes one contact of two, the older one. Null, and nothing done, where two Clerk users stand behind them. */
  merge(a: GraphContact, b: GraphContact): GraphContact | null {
    if (a === b) return a;
    const [accountA, accountB] = [accountOf(a), accountOf(b)];
    if (accountA && accountB && accountA !== accountB) return null;
    const [into, from] = isOlder(a, b) ? [a, b] : [b, a];
    for (const [key, identity] of from.members) {
      identity.contactId = into.id;
      into.members.set(key, identity);
      this.#changedIdentities.add(identity);
    }
    from.members.clear();
    this.#contacts.delete(from.id);
    this.#changedContacts.delete(from);
    this.#changedContacts.add(into);
    this.#merged.push({ from, into });
    return into;
  }

  /** What has to be written: moves first, then merges. What a changed contact keeps too much of is forgotten before. */
  changes(): Changes {
    for (const contact of this.#changedContacts) {
      for (const identity of forgetOldest(contact.members)) this.#changedIdentities.add(identity);
    }
    return {
      contacts: [...this.#changedContacts],
      identities: [...this.#changedIdentities],
      moves: [...this.#moved].flatMap((identity) => {
        const from = this.#storedWith.get(identity);
        return from === undefined || from === identity.contactId
          ? []
          : [{ key: keyOf(identity), from, to: identity.contactId }];
      }),
      merges: this.#merged
        .filter(({ from }) => from.before !== null)
        .map(({ from, into }) => ({ from: from.id, into: this.#inTheEnd(into).id, providers: from.providersBefore })),
    };
  }

  #inTheEnd(contact: GraphContact): GraphContact {
    const merge = this.#merged.find((m) => m.from === contact);
    return merge ? this.#inTheEnd(merge.into) : contact;
  }
}

/** What a contact of the graph shows now. */
export function viewOf(contact: GraphContact): ContactView {
  return fold(contact.members.values());
}

/** The account behind a contact: its Clerk user. There is never more than one. */
export function accountOf(contact: GraphContact): IdentityKey | null {
  for (const [key, identity] of contact.members) if (hasAccounts(identity.provider)) return key;
  return null;
}

/** The providers by whose own ids a set of identities is known. */
export function providersOf(identities: Iterable<Identity>): Set<string> {
  const providers = new Set<string>();
  for (const { provider } of identities) if (provider !== "app" && provider !== "email") providers.add(provider);
  return providers;
}

export function keyOf(identity: Identity): IdentityKey {
  return identityKey(identity.space, identity.externalId);
}

function isOlder(a: GraphContact, b: GraphContact): boolean {
  return a.createdAt !== b.createdAt ? a.createdAt < b.createdAt : a.id < b.id;
}

function partsOf(key: IdentityKey): { space: Space; externalId: string } {
  const at = key.indexOf(":");
  const space = key.slice(0, at);
  if (!isSpace(space)) throw new Error("unknown space");
  return { space, externalId: key.slice(at + 1) };
}
