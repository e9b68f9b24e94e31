import { QueueKeys } from "bullmq";
import { runAll, type Command, type RedisConnection } from "./connection.ts";
import { BACKFILLS, eventQueueNames, prefixOf, UPKEEP } from "./keys.ts";

/** How a queue stands, for metrics. */
export interface QueueFigures {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** Seconds for which the oldest waiting job has waited; 0 where none waits. */
  readonly oldestWaitingSeconds: number;
}

/** @param connection of purpose `reader`. */
export async function queueFigures(
  connection: RedisConnection,
  options: { readonly shards: number },
): Promise<QueueFigures[]> {
  const names = [...eventQueueNames(options.shards), BACKFILLS, UPKEEP];
  return Promise.all(names.map((name) => figuresOf(connection, name)));
}

/** In BullMQ's words, jobs with a priority wait in a set of their own. */
async function figuresOf(connection: RedisConnection, queue: string): Promise<QueueFigures> {
  const keys = new QueueKeys(prefixOf(queue));
  const key = (type: string) => keys.toKey(queue, type);
  const [wait, prioritized, active, delayed, failed, nextWaiting, nextPrioritized] = await runAll(connection, [
    ["llen", key("wait")],
    ["zcard", key("prioritized")],
    ["llen", key("active")],
    ["zcard", key("delayed")],
    ["zcard", key("failed")],
    ["lindex", key("wait"), -1],
    ["zrange", key("prioritized"), 0, 0],
  ]);
  const next = [nextWaiting, ...(Array.isArray(nextPrioritized) ? nextPrioritized : [])];
  const timestamps = await runAll(
    connection,
    next.flatMap((id): Command[] => (typeof id === "string" ? [["hget", key(id), "timestamp"]] : [])),
  );
  const oldest = Math.min(...timestamps.flatMap((at) => (typeof at === "string" ? [Number(at)] : [])));
  return {
    queue,
    waiting: Number(wait) + Number(prioritized),
    active: Number(active),
    delayed: Number(delayed),
    failed: Number(failed),
    oldestWaitingSeconds: Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) / 1_000 : 0,
  };
}
