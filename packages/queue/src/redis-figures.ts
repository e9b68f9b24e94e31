import { Cluster, type Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";

/** How a Redis that takes writes stands, for metrics. */
export interface RedisFigures {
  /** `host:port` */
  readonly node: string;
  readonly usedBytes: number;
  /** `maxmemory`, or all that the machine has where none is set. */
  readonly limitBytes: number;
  /** Whether what it answers is in an append-only file, and on disk as far as it tells. */
  readonly appendOnly: boolean;
  /** Whether it may throw keys away when it is full. */
  readonly evicts: boolean;
  /** How many replicas follow it. */
  readonly replicas: number;
}

/** One for each primary. @param connection of purpose `reader`. */
export async function redisFigures(connection: RedisConnection): Promise<RedisFigures[]> {
  return Promise.all(primariesOf(connection).map(figuresOf));
}

/** How many bytes the fullest primary may grow until `share` of its `maxmemory` is used. Infinite where none is set. */
export async function redisRoom(connection: RedisConnection, share: number): Promise<number> {
  const rooms = await Promise.all(
    primariesOf(connection).map(async (redis) => {
      const memory = await redis.info("memory");
      const most = Number(valueIn(memory, "maxmemory"));
      return most > 0 ? most * share - Number(valueIn(memory, "used_memory")) : Infinity;
    }),
  );
  return Math.min(...rooms);
}

function primariesOf(connection: RedisConnection): Redis[] {
  return connection instanceof Cluster ? connection.nodes("master") : [connection];
}

async function figuresOf(redis: Redis): Promise<RedisFigures> {
  const [memory, persistence, replication, sync] = await Promise.all([
    redis.info("memory"),
    redis.info("persistence"),
    redis.info("replication"),
    syncOf(redis),
  ]);
  const memoryOf = (name: string) => Number(valueIn(memory, name));
  return {
    node: `${redis.options.host}:${redis.options.port}`,
    usedBytes: memoryOf("used_memory"),
    limitBytes: memoryOf("maxmemory") || memoryOf("total_system_memory"),
    appendOnly: valueIn(persistence, "aof_enabled") === "1" && (sync === null || sync === "always"),
    evicts: valueIn(memory, "maxmemory_policy") !== "noeviction",
    replicas: [...replication.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length,
  };
}

/** Managed services hide their settings: null where it can't be known. */
async function syncOf(redis: Redis): Promise<string | null> {
  const answer: unknown = await redis.config("GET", "appendfsync").catch(() => null);
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : null;
}

/** One line of what `INFO` answers: `name:value`. */
function valueIn(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
}
