import { Cluster } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import { ROOM_SHARE } from "./headroom.ts";
import { eventQueueNames, probeKey } from "./keys.ts";
import { QueueUnavailable, refusedBy } from "./queue-unavailable.ts";
import { redisFigures, redisRoom } from "./redis-figures.ts";

/**
 * Throws `QueueUnavailable` where no job could be admitted now: Redis is away, takes no writes, is full, or has fewer than
 * `replicas` replicas. Leaves nothing in Redis.
 * @param producer a connection of that purpose.
 */
export async function takesJobs(producer: RedisConnection, shards: number, replicas: number): Promise<void> {
  const names = eventQueueNames(shards);
  // All queues of one Redis fare alike; on a cluster each may lie on another node.
  const asked = producer instanceof Cluster ? names : names.slice(0, 1);
  try {
    await Promise.all(asked.map((name) => refusable(producer, probeKey(name))));
    if ((await redisRoom(producer, ROOM_SHARE)) <= 0) throw new QueueUnavailable("full");
    if (replicas > 0 && (await redisFigures(producer)).some((node) => node.replicas < replicas)) throw new QueueUnavailable("replicas");
  } catch (error) {
    throw error instanceof QueueUnavailable ? error : refusedBy(error);
  }
}

/**
 * Refused wherever a job would be (`READONLY`, `OOM`, `MISCONF`, `NOREPLICAS`, …), and else changes nothing: what is laid over a
 * key that is not there is empty. So whoever asks costs neither memory nor a write to disk.
 */
async function refusable(producer: RedisConnection, key: string): Promise<void> {
  await producer.setrange(key, 0, "");
}
