import { QueueKeys } from "bullmq";
import { runAll, type RedisConnection } from "./connection.ts";
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

/**
 * When the first job of each of the `MOST_PRIORITIES` best priorities was made: a job may wait behind others that came later
 * and have a better one. BullMQ's scores hold the priority above 32 bits of a counter.
 * KEYS: the set of jobs with a priority. ARGV: what a job's id stands behind in its key, and how many priorities at most.
 */
const OLDEST_OF_EACH = `
local made = {}
local from = 0
for _ = 1, ARGV[2] do
  local first = redis.call("ZRANGEBYSCORE", KEYS[1], string.format("%.0f", from), "+inf", "WITHSCORES", "LIMIT", 0, 1)
  if #first == 0 then break end
  made[#made + 1] = redis.call("HGET", ARGV[1] .. first[1], "timestamp")
  from = (math.floor(first[2] / 4294967296) + 1) * 4294967296
end
return made`;
const MOST_PRIORITIES = 100;

/** In BullMQ's words, jobs with a priority wait in a set of their own. */
async function figuresOf(connection: RedisConnection, queue: string): Promise<QueueFigures> {
  const keys = new QueueKeys(prefixOf(queue));
  const key = (type: string) => keys.toKey(queue, type);
  const [wait, prioritized, active, delayed, failed, nextId, prioritizedSince] = await runAll(connection, [
    ["llen", key("wait")],
    ["zcard", key("prioritized")],
    ["llen", key("active")],
    ["zcard", key("delayed")],
    ["zcard", key("failed")],
    ["lindex", key("wait"), -1],
    ["eval", OLDEST_OF_EACH, 1, key("prioritized"), key(""), MOST_PRIORITIES],
  ]);
  const since = Array.isArray(prioritizedSince) ? prioritizedSince : [];
  if (typeof nextId === "string") since.push(...(await runAll(connection, [["hget", key(nextId), "timestamp"]])));
  const oldest = Math.min(...since.flatMap((at) => (typeof at === "string" ? [Number(at)] : [])));
  return {
    queue,
    waiting: Number(wait) + Number(prioritized),
    active: Number(active),
    delayed: Number(delayed),
    failed: Number(failed),
    oldestWaitingSeconds: Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) / 1_000 : 0,
  };
}
