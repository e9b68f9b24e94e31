import type { Person } from "@mara/connectors";
import { identityKey, keysOf, meet, spaceOf, viewOf, type GraphContact } from "@mara/identity";
import { saveHealth, type Transaction } from "@mara/store";
import { healthRows } from "./figures.ts";
import { loadGraphs } from "./load-batch.ts";
import { changesOf, sameView, saveMoved, savePeople } from "./save-contacts.ts";

/** Someone whom a provider's API lists. `asOf` is when the provider last changed them, epoch milliseconds. */
export interface Listed {
  readonly person: Person;
  readonly asOf: number;
}

/** What came of a page: contacts that are new, that changed, that stayed as they were (or are nobody). */
export interface Projected {
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
}

/**
 * Lays listed Clerk users over a tenant's contacts. Counts as told before anything that a webhook told at the same time,
 * so that the webhook's word stands. The tenant's stream must be locked.
 */
export async function projectPeople(
  transaction: Transaction,
  tenantId: string,
  people: readonly Listed[],
  now: number,
): Promise<Projected> {
  const keys = people.flatMap(({ person }) => keysOf("clerk", person).map((key) => ({ tenantId, key })));
  const graph = (await loadGraphs(transaction, keys, now)).get(tenantId);
  const figures = { created: 0, updated: 0, skipped: 0 };
  if (!graph) return figures;
  const met = new Set<GraphContact>();
  for (const { person, asOf } of people) {
    const known = person.externalId === null ? undefined : graph.identity(identityKey(spaceOf("clerk"), person.externalId));
    const before = known ? viewOf(graph.contactOf(known)) : null;
    const identity = meet(graph, "clerk", person, [asOf, 0]);
    if (!identity) {
      figures.skipped++;
      continue;
    }
    const contact = graph.contactOf(identity);
    if (contact.before === null && !met.has(contact)) figures.created++;
    else if (before && sameView(before, viewOf(contact))) figures.skipped++;
    else figures.updated++;
    met.add(contact);
  }
  const changes = changesOf(new Map([[tenantId, graph]]));
  await saveMoved(transaction, changes);
  await Promise.all([savePeople(transaction, changes, now), saveHealth(transaction, healthRows([], changes.counts, now))]);
  return figures;
}
