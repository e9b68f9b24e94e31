import type { Provider } from "@mara/connectors";
import { hash } from "node:crypto";

// Names in Redis. What one command or script touches together shares a hash tag, so that it lies on one node of a cluster.

export const BACKFILLS = "backfills";
export const UPKEEP = "upkeep";

/** The tenants that had a delivery enqueued lately, by the time (epoch ms) of the last note. */
export const TENANTS_KEY = "mara:{pending}:tenants";

/** The stream of traces. */
export const TRACES_KEY = "mara:{traces}:stream";

export const SETTINGS_CHANNEL = "mara:settings";

/** The event queues: `events-0`, `events-1`, … */
export function eventQueueNames(shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => `events-${shard}`);
}

/** BullMQ's key prefix of a queue. */
export function prefixOf(queueName: string): string {
  return `{mara:${queueName}}`;
}

/** Where BullMQ keeps a job. */
export function jobKey(queueName: string, jobId: string): string {
  return `${prefixOf(queueName)}:${queueName}:${jobId}`;
}

/** Which event queue a tenant's deliveries go to: the same for as long as the number of shards is. */
export function shardOf(tenantId: string, shards: number): number {
  if (shards === 1) return 0;
  return Number.parseInt(hash("sha1", tenantId, "hex").slice(0, 8), 16) % shards;
}

/** Under what the ledger knows an event. */
export function ledgerId(tenantId: string, provider: Provider, eventId: string): string {
  return hash("sha256", `${tenantId} ${provider} ${eventId}`, "base64url").slice(0, 22);
}

/** The marks of a tenant's pending deliveries of one provider: a sorted set, oldest first. */
export function pendingKey(tenantId: string, provider: Provider): string {
  return `mara:{${tenantId}}:pending:${provider}`;
}
