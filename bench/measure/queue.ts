import type { Redis } from "ioredis";
import { setTimeout as pause } from "node:timers/promises";

/** Where the one event queue of a bed lies in Redis. */
export const EVENTS = "{mara:events-0}:events-0";

/** Jobs of a queue that nobody has finished yet. */
export async function unfinished(redis: Redis, queue: string): Promise<number> {
  const counts = await Promise.all([
    redis.llen(`${queue}:wait`),
    redis.llen(`${queue}:active`),
    redis.zcard(`${queue}:prioritized`),
    redis.zcard(`${queue}:delayed`),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * How many jobs a second were worked off, from the first to the last of `jobs` (default all) out of those that `waited`: the
 * time that a process takes to start is not in it.
 */
export async function drained(redis: Redis, queue: string, waited: number, jobs = waited): Promise<number> {
  let began: { at: number; left: number } | null = null;
  for (;;) {
    const left = await unfinished(redis, queue);
    const now = performance.now();
    if (began === null && left < waited) began = { at: now, left };
    if (left <= waited - jobs) return (((began?.left ?? waited) - left) / (now - (began?.at ?? now))) * 1_000;
    await pause(10);
  }
}

/** Resolves once Redis does not rewrite its file: after half a million jobs came at once that would take one of the cores. */
export async function written(redis: Redis): Promise<void> {
  while (/aof_rewrite_(in_progress|scheduled):1/.test(await redis.info("persistence"))) await pause(100);
}
