import { hash } from "node:crypto";
import { isProvider, type Provider } from "@mara/connectors";

// Names in Redis. What one command, script or pipeline touches together shares a hash tag, so that it lies on one node of a
// cluster: a queue, the ledger that is part of it, and the marks of what is pending in it.

export const BACKFILLS = "backfills";
export const UPKEEP = "upkeep";

/** The stream of jobless deliveries. Called traces in Redis, where processes of an earlier version look for it. */
export const JOBLESS_DELIVERIES_KEY = "mara:{traces}:stream";

export const SETTINGS_CHANNEL = "mara:settings";

/** The event queues: `events-0`, `events-1`, … */
export function eventQueueNames(shards: number): string[] {
  return Array.from({ length: shards }, (_, shard) => eventQueueName(shard));
}

/** The event queue of a tenant: the same for as long as the number of shards is. */
export function eventQueueOf(tenantId: string, shards: number): string {
  return eventQueueName(shards === 1 ? 0 : Number.parseInt(hash("sha1", tenantId, "hex").slice(0, 8), 16) % shards);
}

function eventQueueName(shard: number): string {
  return `events-${shard}`;
}

/** BullMQ's key prefix of a queue. */
export function prefixOf(queueName: string): string {
  return `{mara:${queueName}}`;
}

/** Where BullMQ keeps a job. */
export function jobKey(queueName: string, jobId: string): string {
  return `${prefixOf(queueName)}:${queueName}:${jobId}`;
}

/** Under what the ledger knows an event. */
export function ledgerId(tenantId: string, provider: Provider, eventId: string): string {
  return hash("sha256", `${tenantId} ${provider} ${eventId}`, "base64url").slice(0, 22);
}

/** The marks of a tenant's pending deliveries of one provider: a sorted set, oldest first. */
export function pendingKey(queueName: string, tenantId: string, provider: Provider): string {
  return `${prefixOf(queueName)}:pending:${tenantId}:${provider}`;
}

/** Reads a key of `pendingKey` again; null where it is none. */
export function readPendingKey(key: string): { readonly tenantId: string; readonly provider: Provider } | null {
  const [, tenantId = "", provider = ""] = /:pending:([^:]+):([^:]+)$/.exec(key) ?? [];
  return isProvider(provider) ? { tenantId, provider } : null;
}

/** The set of those keys of a queue that have a mark. */
export function pendingIndexKey(queueName: string): string {
  return `${prefixOf(queueName)}:pending`;
}
