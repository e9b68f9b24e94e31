import type { Provider } from "@mara/connectors";
import { listContacts, type Contact, type Page, type PageRequest, type Store } from "@mara/store";

export interface ContactSearch {
  /** An e-mail address, or an id at a provider or of the tenant's own. */
  readonly q?: string | undefined;
  readonly provider?: Provider | undefined;
}

/** The contacts that are known by what was typed, newest first; all of them where nothing was. */
export async function searchContacts(
  store: Store,
  tenantId: string,
  { q, ...request }: ContactSearch & PageRequest,
): Promise<Page<Contact>> {
  if (q === undefined || q === "") return listContacts(store, tenantId, request);
  if (q.includes("@")) {
    const found = await listContacts(store, tenantId, { ...request, email: q });
    // Ids of the tenant's own may look like addresses.
    if (found.items.length > 0) return found;
  }
  return listContacts(store, tenantId, { ...request, externalId: q });
}
