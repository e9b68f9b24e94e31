import { providersOf, viewOf, type ContactGraph, type ContactView, type GraphContact } from "@mara/identity";
import { saveContacts, saveIdentities, saveMerges, saveMoves, type ContactRow, type Transaction } from "@mara/store";

/** How many more (or fewer) contacts a provider knows, by provider. */
export type ContactCounts = Map<string, number>;

/** Writes what changed in the graphs of several tenants. Answers by how much each tenant's contact counts changed. */
export async function saveGraphs(
  transaction: Transaction,
  graphs: ReadonlyMap<string, ContactGraph>,
  now: number,
): Promise<Map<string, ContactCounts>> {
  const changed = [...graphs].map(([tenantId, graph]) => ({ tenantId, ...graph.changes() }));
  await saveMoves(
    transaction,
    changed.flatMap(({ tenantId, moves }) =>
      moves.map((move) => ({ tenantId, from: move.from, into: move.to, via: move.key })),
    ),
  );
  await saveMerges(
    transaction,
    changed.flatMap(({ tenantId, merges }) => merges.map(({ from, into }) => ({ tenantId, from, into }))),
  );
  await saveContacts(
    transaction,
    changed.flatMap(({ tenantId, contacts }) => contacts.flatMap((contact) => changedRow(tenantId, contact))),
    now,
  );
  await saveIdentities(
    transaction,
    changed.flatMap(({ tenantId, identities }) => identities.map((identity) => ({ ...identity, tenantId }))),
  );
  return new Map(
    changed.map(({ tenantId, contacts, merges }) => {
      const counts: ContactCounts = new Map<string, number>();
      const add = (providers: Iterable<string>, by: number) => {
        for (const provider of providers) counts.set(provider, (counts.get(provider) ?? 0) + by);
      };
      for (const contact of contacts) {
        add(providersOf(contact.members.values()), 1);
        add(contact.providersBefore, -1);
      }
      for (const merge of merges) add(merge.providers, -1);
      return [tenantId, counts];
    }),
  );
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
