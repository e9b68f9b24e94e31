import type { Store } from "./open-store.ts";

/**
 * Erases a contact (named by its id, or that of one merged into it): identities, events, stored payloads, and what its
 * deliveries and the histories of its objects say of it. Its provider events are remembered by their ids alone, so that no
 * redelivery and no replay brings it back. Answers whether there was one.
 */
export async function eraseContact(store: Store, tenantId: string, contactId: string): Promise<boolean> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${contactId}`);
}
