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

/** Far longer than anybody takes for a batch, or to start: who has done nothing for so long will do nothing any more. */
const STUCK_MS = 60_000;

/** Is told a figure now and then. Throws, in the words that `stuck` has for it, where it has been the same for `patienceMs`. */
export function unlessStuck(stuck: (figure: number) => string, patienceMs = STUCK_MS): (figure: number) => void {
  let before: { readonly figure: number; readonly since: number } | null = null;
  return (figure) => {
    const now = performance.now();
    if (before?.figure !== figure) before = { figure, since: now };
    if (now - before.since > patienceMs) throw new Error(stuck(figure));
  };
}

/** Answers, each time it is asked, how many jobs are unfinished. Throws where these have been as many for `patienceMs`. */
export function watched(redis: Redis, queue: string, patienceMs = STUCK_MS): () => Promise<number> {
  const expectLess = unlessStuck((left) => `nobody works off the ${left} jobs of ${queue}`, patienceMs);
  return async () => {
    const left = await unfinished(redis, queue);
    if (left > 0) expectLess(left);
    return left;
  };
}

/** Resolves when all jobs are finished. Throws where nobody works them off. */
export async function workedOff(redis: Redis, queue: string): Promise<void> {
  const look = watched(redis, queue);
  while ((await look()) > 0) await pause(50);
}

/**
 * How many jobs a second were worked off, from the first to the last of `jobs` (default all) out of those that `waited`: the
 * time that a process takes to start is not in it. Throws where nobody works them off.
 */
export async function drained(redis: Redis, queue: string, waited: number, jobs = waited): Promise<number> {
  const look = watched(redis, queue);
  let began: { at: number; left: number } | null = null;
  for (;;) {
    const left = await look();
    const now = performance.now();
    if (began === null && left < waited) began = { at: now, left };
    if (left <= waited - jobs) return (((began?.left ?? waited) - left) / (now - (began?.at ?? now))) * 1_000;
    await pause(10);
  }
}

/** Resolves once Redis does not rewrite its file: after many jobs came at once that would take one of the cores. */
export async function written(redis: Redis): Promise<void> {
  while (/aof_rewrite_(in_progress|scheduled):1/.test(await redis.info("persistence"))) await pause(100);
}
