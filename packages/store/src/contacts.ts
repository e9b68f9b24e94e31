import type { Scalar } from "@mara/connectors";
import type { Page, PageRequest } from "./page.ts";
import type { IdentityRow } from "./record/rows.ts";
import type { Store } from "./open-store.ts";

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

export interface ContactFilter {
  /** Upper and lower case are the same. */
  readonly email?: string | undefined;
  /** A provider, or `app` for the tenant's own ids. */
  readonly provider?: string | undefined;
  readonly externalId?: string | undefined;
}

/** A tenant's contacts, newest first. */
export async function listContacts(
  store: Store,
  tenantId: string,
  request: PageRequest & ContactFilter = {},
): Promise<Page<Contact>> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${Object.keys(request).join()}`);
}

/** A contact by its id, or by the id of one that was merged into it. Null where there is none. */
export async function findContact(store: Store, tenantId: string, id: string): Promise<Contact | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${id}`);
}

/**
 * Every identity of a contact, e-mail addresses among them, with what each was told: what the contact's attributes and
 * their origins follow from. `Facts` is the form in which they were saved.
 */
export async function loadContactIdentities<Row extends IdentityRow<object>>(
  store: Store,
  tenantId: string,
  contactId: string,
): Promise<Row[]> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${contactId}`);
}
