import type { Json, Scalar } from "@mara/connectors";
import { knownBy, type ContactFilter } from "./contact-search.ts";
import type { Store } from "./open-store.ts";
import { LAST_UUID, limitOf, pageOf, readCursor, UUID, type CursorForm, type Page, type PageRequest } from "./page.ts";
import type { IdentityRow } from "./record/rows.ts";
import { resolvedContact } from "./resolve-contact.ts";

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

interface Row extends Omit<Contact, "attributes" | "deactivatedAt" | "createdAt" | "updatedAt"> {
  readonly attributes: Readonly<Record<string, Json>>;
  readonly deactivatedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A contact with its identities: read apart, a merge between would show somebody by no id at all. */
const COLUMNS = `
  c.id, c.email, c.name, c.username, c.avatar_url AS "avatarUrl", c.attributes, c.deactivated_at AS "deactivatedAt",
  c.created_at AS "createdAt", c.updated_at AS "updatedAt",
  ARRAY(SELECT json_build_object('provider', i.provider, 'externalId', i.external_id) FROM identities i
         WHERE i.contact_id = c.id AND i.space <> 'email' ORDER BY i.provider, i.external_id) AS identities`;

/**
 * A tenant's contacts, newest first. Also while some are erased or merged, a page is the last only where none are left after
 * it. Throws `InvalidInput` for a limit or cursor that can't be one.
 */
export async function listContacts(
  store: Store,
  tenantId: string,
  request: PageRequest & ContactFilter = {},
): Promise<Page<Contact>> {
  const limit = limitOf(request);
  const values: (string | number)[] = [tenantId, readCursor(CONTACTS, request.cursor) ?? LAST_UUID, limit + 1];
  const conditions = knownBy(request, { tenant: "$1", before: "$2", limit: "$3" }, (value) => `$${values.push(value)}`);
  const where = ["c.tenant_id = $1", "c.id < $2", ...(conditions ?? ["false"])].join(" AND ");
  const { rows } = await store.pool.query<Row>(
    `SELECT ${COLUMNS} FROM contacts c WHERE ${where} ORDER BY c.id DESC LIMIT $3`,
    values,
  );
  return pageOf(CONTACTS, rows, limit, { position: (row) => row.id, item: contactOf });
}

/** A contact by its id, or by the id of one that was merged into it. Null where there is none. */
export async function findContact(store: Store, tenantId: string, id: string): Promise<Contact | null> {
  if (!UUID.test(id)) return null;
  const { rows } = await store.pool.query<Row>(
    `SELECT ${COLUMNS} FROM contacts c WHERE c.tenant_id = $1 AND c.id = ${resolvedContact("$1", "$2")}`,
    [tenantId, id],
  );
  return rows[0] ? contactOf(rows[0]) : null;
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
 * their origins follow from. `Stored` is the form in which they were saved.
 */
export async function loadContactIdentities<Stored extends IdentityRow<object>>(
  store: Store,
  tenantId: string,
  contactId: string,
): Promise<Stored[]> {
  if (!UUID.test(contactId)) return [];
  const { rows } = await store.pool.query<Stored>(
    `SELECT tenant_id AS "tenantId", space, external_id AS "externalId", provider, contact_id AS "contactId", facts
       FROM identities WHERE tenant_id = $1 AND contact_id = $2 ORDER BY space, external_id`,
    [tenantId, contactId],
  );
  return rows;
}

function contactOf(row: Row): Contact {
  return {
    ...row,
    attributes: scalarsOf(row.attributes),
    deactivatedAt: row.deactivatedAt?.getTime() ?? null,
    createdAt: row.createdAt.getTime(),
    updatedAt: row.updatedAt.getTime(),
  };
}

function scalarsOf(attributes: Row["attributes"]): Record<string, Scalar> {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, Scalar] => entry[1] !== null && typeof entry[1] !== "object"),
  );
}
