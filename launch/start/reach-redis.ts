import { connectRedis } from "@mara/queue";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../problem.ts";

/** One that is just starting is waited for. */
const PATIENCE_MS = 10_000;

/** Resolves when a Redis that is not our own answers. Throws `Problem`, with what is in the way, where it does not. */
export async function untilRedisAnswers(redisUrl: string, patienceMs: number = PATIENCE_MS): Promise<void> {
  let trouble = "it does not answer";
  const over = new AbortController();
  const redis = connectRedis(redisUrl, "worker", (error) => {
    trouble = error.message === "" ? trouble : error.message;
  });
  const late = pause(patienceMs, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(trouble)),
    () => undefined,
  );
  try {
    await Promise.race([redis.ping(), late]);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : trouble;
    throw new Problem(`REDIS_URL: Redis can't be reached: ${words}. Start it, or leave REDIS_URL unset to have one brought along.`, { cause });
  } finally {
    over.abort();
    redis.disconnect();
  }
}
