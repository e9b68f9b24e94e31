import { Problem } from "../problem.ts";
import { findProgram, installPackage } from "../system-packages.ts";

/** The path of `redis-server` or `valkey-server`, installed now where there is neither. Throws `Problem` where that can't be. */
export function redisProgram(say: (line: string) => void): string {
  const there = findRedis();
  if (there !== null) return there;
  say("Installing redis-server …");
  installPackage({ apt: "redis-server", brew: "redis" });
  const installed = findRedis();
  if (installed !== null) return installed;
  throw new Problem(
    "Redis is missing: install redis-server (or valkey-server), set REDIS_URL to one of yours, or run `docker compose up` instead.",
  );
}

/** Either of the two, whichever is there; null where neither is. */
export function findRedis(): string | null {
  return findProgram("redis-server", "valkey-server");
}
