import { ContactGraph, type Identity, type IdentityFacts, type IdentityKey, type Space } from "@mara/identity";
import {
  loadContacts,
  loadEvents,
  loadIdentities,
  loadSignupEvents,
  loadSubjects,
  type ContactRow,
  type IdentityRow,
  type Transaction,
} from "@mara/store";
import { v7 as uuid } from "uuid";
import type { Prepared } from "./prepare.ts";
import { TenantBatch, type TenantKnowledge } from "./tenant-batch.ts";

type StoredIdentity = IdentityRow<IdentityFacts> & { readonly space: Space; readonly provider: Identity["provider"] };

/** Loads all that deciding `items` needs, in a handful of statements whatever their number. Answers a batch for each tenant. */
export async function loadBatch(
  transaction: Transaction,
  items: readonly Prepared[],
  now: number,
): Promise<Map<string, TenantBatch>> {
  const tenantIds = [...new Set(items.map((item) => item.job.tenantId))];
  const [graphs, events, subjects, signups] = await Promise.all([
    loadGraphs(
      transaction,
      items.flatMap((item) => item.people.map((key) => ({ tenantId: item.job.tenantId, key }))),
      now,
    ),
    loadEvents(
      transaction,
      items.map(({ job, eventKey }) => ({ tenantId: job.tenantId, provider: job.provider, eventKey })),
    ),
    loadSubjects(
      transaction,
      items.flatMap(({ job, subject }) =>
        subject === null ? [] : [{ tenantId: job.tenantId, provider: job.provider, subject }],
      ),
    ),
    loadSignupEvents(transaction, tenantIds),
  ]);
  const eventsOf = byTenant(events);
  const subjectsOf = byTenant(subjects);
  const signupsOf = byTenant(signups);
  return new Map(
    tenantIds.map((tenantId) => {
      const known: TenantKnowledge = {
        graph: graphs.get(tenantId) ?? newGraph([], [], now),
        events: eventsOf(tenantId),
        subjects: subjectsOf(tenantId),
        signupEvents: new Map(signupsOf(tenantId).map((s) => [s.provider, s.signupEvent])),
      };
      return [tenantId, new TenantBatch(tenantId, known)];
    }),
  );
}

/** The contacts that the keys lead to, with all their identities, as a graph for each tenant that has any. */
export async function loadGraphs(
  transaction: Transaction,
  keys: readonly { readonly tenantId: string; readonly key: IdentityKey }[],
  now: number,
): Promise<Map<string, ContactGraph>> {
  const identities = await loadIdentities<StoredIdentity>(transaction, keys);
  const contacts = await loadContacts(transaction, [...new Set(identities.map((identity) => identity.contactId))]);
  const identitiesOf = byTenant(identities);
  const contactsOf = byTenant(contacts);
  const tenantIds = new Set(keys.map(({ tenantId }) => tenantId));
  return new Map(
    [...tenantIds].map((tenantId) => [tenantId, newGraph(identitiesOf(tenantId), contactsOf(tenantId), now)]),
  );
}

function newGraph(identities: StoredIdentity[], contacts: ContactRow[], now: number): ContactGraph {
  return new ContactGraph(identities, contacts, () => ({ id: uuid(), createdAt: now }));
}

function byTenant<Row extends { readonly tenantId: string }>(rows: readonly Row[]): (tenantId: string) => Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.tenantId);
    if (group) group.push(row);
    else groups.set(row.tenantId, [row]);
  }
  return (tenantId) => groups.get(tenantId) ?? [];
}
