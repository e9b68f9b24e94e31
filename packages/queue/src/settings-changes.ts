import { Cluster, type Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import { SETTINGS_CHANNEL } from "./keys.ts";
import { onOneNode } from "./one-node.ts";

/** How long after a subscription was refused it is asked for again. */
const AGAIN_MS = 1_000;

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
 * @param onReset changes may have been missed (the subscription is new): whatever is cached is in doubt.
 */
export function subscribeSettingsChanges(
  connection: RedisConnection,
  onTenant: (tenantId: string) => void,
  onReset: () => void,
): void {
  // A cluster's own subscription moves from node to node without a word of it, and nobody would know what it missed.
  if (connection instanceof Cluster) onOneNode(connection, (node) => listen(node, onTenant, onReset));
  else listen(connection, onTenant, onReset);
}

function listen(redis: Redis, onTenant: (tenantId: string) => void, onReset: () => void): void {
  redis.on("message", (channel: string, tenantId: string) => {
    if (channel === SETTINGS_CHANNEL) onTenant(tenantId);
  });
  let again: NodeJS.Timeout | undefined;
  const subscribe = async (): Promise<void> => {
    clearTimeout(again);
    try {
      await redis.subscribe(SETTINGS_CHANNEL);
      onReset();
    } catch (error) {
      // A connection that is lost while it subscribes becomes ready again, or another takes its place, and this runs again.
      if (redis.status !== "ready") return;
      // Redis refused: its user may not be allowed the channel yet, and nothing would be heard of for as long as the connection stands.
      redis.emit("error", error);
      again = setTimeout(() => void subscribe(), AGAIN_MS).unref();
    }
  };
  redis.on("ready", () => void subscribe());
  if (redis.status === "ready") void subscribe();
}
