import { Cluster, Redis } from "ioredis";

/** One Redis, or a Redis Cluster. */
export type RedisConnection = Redis | Cluster;

/**
 * What a connection is for.
 * `producer` and `reader` fail fast: a command that Redis does not answer within a second rejects, none is ever kept
 * back or sent again. `worker` and `subscriber` wait for Redis for as long as it takes. All reconnect by themselves.
 */
export type Purpose = "producer" | "reader" | "worker" | "subscriber";

/** @param urls a Redis URL, or the URLs of some nodes of a Redis Cluster, separated by commas. */
export function connectRedis(urls: string, purpose: Purpose, onError: (error: Error) => void): RedisConnection {
  throw new Error(`not yet: ${urls} ${purpose} ${String(onError)} ${Cluster.name} ${Redis.name}`);
}
