import type { Page, PageRequest } from "./page.ts";
import type { Store } from "./open-store.ts";

/** What a tenant's id looks like. */
export const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** `token` is shown this once: only its hash is kept. */
export type Created = { readonly kind: "created"; readonly tenant: Tenant; readonly token: string } | { readonly kind: "taken" };

/**
 * Makes a tenant with a token of its own. Without an `id` one is made from the name.
 * Throws `InvalidInput` for an id or a name that can't be one.
 */
export async function createTenant(store: Store, given: { name: string; id?: string | undefined }): Promise<Created> {
  throw new Error(`not yet: ${String(store)} ${String(given)}`);
}

/** In the order of their ids. */
export async function listTenants(store: Store, request: PageRequest = {}): Promise<Page<Tenant>> {
  throw new Error(`not yet: ${String(store)} ${String(request)}`);
}

export async function findTenant(store: Store, id: string): Promise<Tenant | null> {
  throw new Error(`not yet: ${String(store)} ${id}`);
}

/** Gives a tenant a new token; the old one is worth nothing at once. Null where there is no such tenant. */
export async function rotateToken(store: Store, tenantId: string): Promise<string | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId}`);
}

/** Whose token this is; null for one that nobody has. */
export async function tenantOfToken(store: Store, token: string): Promise<Tenant | null> {
  throw new Error(`not yet: ${String(store)} ${token.length}`);
}
