import { providersOf, viewOf, type ContactGraph, type ContactView, type GraphContact, type IdentityFacts } from "@mara/identity";
import {
  saveContacts,
  saveIdentities,
  saveMerges,
  saveMoves,
  type ContactRow,
  type IdentityRow,
  type MergeRow,
  type MoveRow,
  type Transaction,
} from "@mara/store";

/** How many more (or fewer) contacts a provider knows, by provider. */
export type ContactCounts = Map<string, number>;

/** What changed in the graphs of several tenants. */
export interface GraphChanges {
  readonly moves: readonly MoveRow[];
  readonly merges: readonly MergeRow[];
  readonly contacts: readonly ContactRow[];
  readonly identities: readonly IdentityRow<IdentityFacts>[];
  /** By tenant. */
  readonly counts: ReadonlyMap<string, ContactCounts>;
}

/** @param graphs by tenant. */
export function changesOf(graphs: ReadonlyMap<string, ContactGraph>): GraphChanges {
  const changed = [...graphs].map(([tenantId, graph]) => ({ tenantId, ...graph.changes() }));
  return {
    moves: changed.flatMap(({ tenantId, moves }) => moves.map(({ from, to, key }) => ({ tenantId, from, into: to, via: key }))),
    merges: changed.flatMap(({ tenantId, merges }) => merges.map(({ from, into }) => ({ tenantId, from, into }))),
    contacts: changed.flatMap(({ tenantId, contacts }) => contacts.flatMap((contact) => changedRow(tenantId, contact))),
    identities: changed.flatMap(({ tenantId, identities }) => identities.map((identity) => ({ ...identity, tenantId }))),
    counts: new Map(changed.map(({ tenantId, contacts, merges }) => [tenantId, countsOf(contacts, merges)])),
  };
}

function countsOf(contacts: readonly GraphContact[], merges: readonly { readonly providers: Iterable<string> }[]): ContactCounts {
  const counts: ContactCounts = new Map<string, number>();
  const add = (providers: Iterable<string>, by: number) => {
    for (const provider of providers) counts.set(provider, (counts.get(provider) ?? 0) + by);
  };
  for (const contact of contacts) {
    add(providersOf(contact.members.values()), 1);
    add(contact.providersBefore, -1);
  }
  for (const merge of merges) add(merge.providers, -1);
  return counts;
}

/** Moves what hangs on identities that changed hands and on contacts that were merged: before anything else is written. */
export async function saveMoved(transaction: Transaction, { moves, merges }: GraphChanges): Promise<void> {
  await saveMoves(transaction, moves);
  await saveMerges(transaction, merges);
}

export async function savePeople(transaction: Transaction, { contacts, identities }: GraphChanges, now: number): Promise<void> {
  await Promise.all([saveContacts(transaction, contacts, now), saveIdentities(transaction, identities)]);
}

function changedRow(tenantId: string, contact: GraphContact): ContactRow[] {
  const view = viewOf(contact);
  if (contact.before && sameView(contact.before, view)) return [];
  return [{ tenantId, id: contact.id, createdAt: contact.createdAt, ...view }];
}

/** Whether two views show the same, in whatever order the database gave the attributes. */
export function sameView(a: ContactView, b: ContactView): boolean {
  const keys = Object.keys(a.attributes);
  return (
    a.email === b.email &&
    a.name === b.name &&
    a.username === b.username &&
    a.avatarUrl === b.avatarUrl &&
    a.deactivatedAt === b.deactivatedAt &&
    keys.length === Object.keys(b.attributes).length &&
    keys.every((key) => a.attributes[key] === b.attributes[key])
  );
}
