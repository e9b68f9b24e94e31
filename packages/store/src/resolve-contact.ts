import type { Store } from "./open-store.ts";
import { UUID } from "./page.ts";

/**
 * The contact that an id leads to: itself, or the one that its contact was merged into. Null for what can't be an id.
 * Whether the contact exists is for the caller to find out.
 */
export async function resolveContact(store: Store, tenantId: string, id: string): Promise<string | null> {
  if (!UUID.test(id)) return null;
  const redirect = await store.prisma.contactRedirect.findUnique({
    where: { tenantId_oldId: { tenantId, oldId: id } },
    select: { contactId: true },
  });
  return redirect?.contactId ?? id;
}
