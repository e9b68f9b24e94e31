import type { Scalar } from "@mara/connectors";
import { contactsKnownBy, type ContactFilter } from "./contact-search.ts";
import type { Contact as ContactRow } from "./generated/client.ts";
import type { Store } from "./open-store.ts";
import { limitOf, pageOf, readCursor, UUID, type CursorForm, type Page, type PageRequest } from "./page.ts";
import type { IdentityRow } from "./record/rows.ts";
import { resolveContact } from "./resolve-contact.ts";

const CONTACTS: CursorForm = { list: "contacts", position: UUID };

/** Times in epoch milliseconds. */
export interface Contact {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly username: string | null;
  readonly avatarUrl: string | null;
  readonly attributes: Readonly<Record<string, Scalar>>;
  /** The ids it is known by: the providers', and under `app` the tenant's own. */
  readonly identities: readonly { readonly provider: string; readonly externalId: string }[];
  readonly deactivatedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A tenant's contacts, newest first. Throws `InvalidInput` for a limit or cursor that can't be one. */
export async function listContacts(
  store: Store,
  tenantId: string,
  request: PageRequest & ContactFilter = {},
): Promise<Page<Contact>> {
  const limit = limitOf(request);
  const before = readCursor(CONTACTS, request.cursor);
  const ids = await contactsKnownBy(store, tenantId, request, { before, limit: limit + 1 });
  const rows = await store.prisma.contact.findMany({
    where: { tenantId, id: { ...(before === null ? {} : { lt: before }), ...(ids === null ? {} : { in: ids }) } },
    orderBy: { id: "desc" },
    take: limit + 1,
  });
  const identities = await identitiesOf(store, rows);
  return pageOf(CONTACTS, rows, limit, { position: (row) => row.id, item: (row) => contactOf(row, identities) });
}

/** A contact by its id, or by the id of one that was merged into it. Null where there is none. */
export async function findContact(store: Store, tenantId: string, id: string): Promise<Contact | null> {
  const contactId = await resolveContact(store, tenantId, id);
  if (contactId === null) return null;
  const row = await store.prisma.contact.findFirst({ where: { tenantId, id: contactId } });
  return row && contactOf(row, await identitiesOf(store, [row]));
}

/** How contacts are called in a list of something else, by their ids. Those that are not there are left out. */
export async function contactNames(
  store: Store,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, Pick<Contact, "id" | "email" | "name" | "username">>> {
  if (ids.length === 0) return new Map();
  const rows = await store.prisma.contact.findMany({
    where: { tenantId, id: { in: [...new Set(ids)] } },
    select: { id: true, email: true, name: true, username: true },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Every identity of a contact, e-mail addresses among them, with what each was told: what the contact's attributes and
 * their origins follow from. `Row` is the form in which they were saved.
 */
export async function loadContactIdentities<Row extends IdentityRow<object>>(
  store: Store,
  tenantId: string,
  contactId: string,
): Promise<Row[]> {
  if (!UUID.test(contactId)) return [];
  const { rows } = await store.pool.query<Row>(
    `SELECT tenant_id AS "tenantId", space, external_id AS "externalId", provider, contact_id AS "contactId", facts
       FROM identities WHERE tenant_id = $1 AND contact_id = $2 ORDER BY space, external_id`,
    [tenantId, contactId],
  );
  return rows;
}

type Known = { readonly contactId: string; readonly provider: string; readonly externalId: string };

async function identitiesOf(store: Store, contacts: readonly ContactRow[]): Promise<Known[]> {
  return store.prisma.identity.findMany({
    where: { contactId: { in: contacts.map(({ id }) => id) }, space: { not: "email" } },
    select: { contactId: true, provider: true, externalId: true },
    orderBy: [{ provider: "asc" }, { externalId: "asc" }],
  });
}

function contactOf(row: ContactRow, identities: readonly Known[]): Contact {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    username: row.username,
    avatarUrl: row.avatarUrl,
    attributes: scalarsOf(row.attributes),
    identities: identities
      .filter(({ contactId }) => contactId === row.id)
      .map(({ provider, externalId }) => ({ provider, externalId })),
    deactivatedAt: row.deactivatedAt?.getTime() ?? null,
    createdAt: row.createdAt.getTime(),
    updatedAt: row.updatedAt.getTime(),
  };
}

function scalarsOf(attributes: ContactRow["attributes"]): Record<string, Scalar> {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).filter(
      (entry): entry is [string, Scalar] => entry[1] !== null && typeof entry[1] !== "object",
    ),
  );
}
