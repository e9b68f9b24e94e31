import type { Provider } from "@mara/connectors";
import type { Store } from "./open-store.ts";

/** A signing secret in the clear. It counts until `expiresAt` (epoch milliseconds), or for good. */
export interface OpenedSecret {
  readonly id: string;
  readonly value: string;
  readonly expiresAt: number | null;
}

/** The secrets that are active, by provider, the newest first. A provider that is absent has none. */
export type TenantSecrets = { readonly [P in Provider]?: readonly OpenedSecret[] };

/**
 * The active signing secrets of some tenants, in one query. A tenant that is missing in the answer does not exist; one with
 * null exists, but its secrets can't be opened (`SECRETS_KEY` lacks their key): it can't be served, and nobody else suffers.
 */
export async function loadSecrets(
  store: Store,
  tenantIds: readonly string[],
): Promise<Map<string, TenantSecrets | null>> {
  throw new Error(`not yet: ${String(store)} ${tenantIds.length}`);
}

/** The same for up to `limit` tenants, those that were heard of last first: warms an ingest process that begins. */
export async function loadSecretsOfAll(store: Store, limit: number): Promise<Map<string, TenantSecrets | null>> {
  throw new Error(`not yet: ${String(store)} ${limit}`);
}
