import type { RedisConnection } from "./connection.ts";

/** Tells every ingest process that a tenant's integrations changed. Call it after the change is committed. */
export async function publishSettingsChange(connection: RedisConnection, tenantId: string): Promise<void> {
  throw new Error(`not yet: ${connection.status} ${tenantId}`);
}

/**
 * Hears of changed integrations.
 * @param connection of purpose `subscriber`, used for nothing else.
 * @param onTenant this tenant's integrations changed.
 * @param onReset changes may have been missed (the connection was away): whatever is cached is in doubt.
 */
export function subscribeSettingsChanges(
  connection: RedisConnection,
  onTenant: (tenantId: string) => void,
  onReset: () => void,
): void {
  throw new Error(`not yet: ${connection.status} ${onTenant.name} ${onReset.name}`);
}
