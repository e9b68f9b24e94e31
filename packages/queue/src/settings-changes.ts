import { Cluster } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import { SETTINGS_CHANNEL } from "./keys.ts";

/**
 * Tells every ingest process that a tenant's integrations changed. Call it after the change is committed. When it resolves,
 * Redis has sent the word to all who listen: what they are sent from then on, they read after it. On a cluster the word goes
 * on from node to node, and may come a moment later.
 */
export async function publishSettingsChange(connection: RedisConnection, tenantId: string): Promise<void> {
  await connection.publish(SETTINGS_CHANNEL, tenantId);
  // Redis answers whoever publishes before it writes to those who listen, in one turn of its loop. What is asked after that
  // answer is for its next turn.
  await connection.ping();
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
  connection.on("message", (channel: string, tenantId: string) => {
    if (channel === SETTINGS_CHANNEL) onTenant(tenantId);
  });
  const subscribe = async () => {
    await connection.subscribe(SETTINGS_CHANNEL);
    onReset();
  };
  // A connection that is lost while it subscribes becomes ready again, and this runs again.
  connection.on("ready", () => void subscribe().catch(() => undefined));
  // A cluster moves its subscription to another node without a word when its nodes change.
  if (connection instanceof Cluster) connection.on("-node", onReset);
  if (connection.status === "ready") void subscribe().catch(() => undefined);
}
