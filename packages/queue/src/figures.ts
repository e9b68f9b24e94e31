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
 * When the first job of each priority was made: a job may wait behind others that came later and have a better one. Of very
 * many priorities the best and the worst are looked at. BullMQ's scores hold the priority above 32 bits of a counter.
 * KEYS: the set of jobs with a priority. ARGV: what a job's id stands behind in its key, and how many priorities at either end.
 */
const OLDEST_OF_EACH = `
local made = {}
local function levelOf(score) return math.floor(score / 4294967296) end
local function look(level)
  local from = string.format("%.0f", level * 4294967296)
  local first = redis.call("ZRANGEBYSCORE", KEYS[1], from, "+inf", "WITHSCORES", "LIMIT", 0, 1)
  if #first == 0 then return nil end
  made[#made + 1] = redis.call("HGET", ARGV[1] .. first[1], "timestamp")
  return levelOf(first[2])
end
local best = look(0)
for _ = 2, ARGV[2] do
  if best == nil then break end
  best = look(best + 1)
end
local worst = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")
for _ = 1, ARGV[2] do
  if best == nil or #worst == 0 or levelOf(worst[2]) <= best then break end
  look(levelOf(worst[2]))
  local below = "(" .. string.format("%.0f", levelOf(worst[2]) * 4294967296)
  worst = redis.call("ZREVRANGEBYSCORE", KEYS[1], below, "-inf", "WITHSCORES", "LIMIT", 0, 1)
end
return made`;
const PRIORITIES_AT_EITHER_END = 50;

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
    ["eval", OLDEST_OF_EACH, 1, key("prioritized"), key(""), PRIORITIES_AT_EITHER_END],
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
