import type { RedisConnection } from "./connection.ts";
import { redisRoom } from "./redis-figures.ts";

/**
 * Taking a job and completing it need memory as well: a Redis that ingest had filled to the brim could never be worked empty
 * again. So the last tenth is the workers'.
 */
const SHARE = 0.9;
const LOOK_AGAIN_MS = 1_000;
/** While jobs are turned away each moment counts, and yet a crowd of them must not keep Redis busy with questions. */
const LOOK_WHILE_FULL_MS = 50;
/** Until it is known better. */
const AT_FIRST = 8 * 1_048_576;
/** What a job takes beside its body, some of it twice: in memory, and in the buffer of the append-only file. */
const A_JOB = 2_048;

export interface Headroom {
  /**
   * Takes the room that a job with a body of so many bytes needs, and answers null; or why there is none: `full`, or `redis`
   * where that is not known because Redis did not answer when it was asked last. Never waits.
   */
  take(bytes: number): "full" | "redis" | null;
}

/**
 * Has a look at Redis every second and counts along in between; more often while it is full.
 * @param now milliseconds on a clock that nobody can set.
 */
export function createHeadroom(connection: RedisConnection, now: () => number = () => performance.now()): Headroom {
  let room = AT_FIRST;
  let lookedAt = -Infinity;
  let looks = 0;
  /** What was taken for jobs that never reached Redis counts until Redis is asked again, and must not pass for it being full. */
  let isAnswered = false;

  async function look(): Promise<void> {
    lookedAt = now();
    looks++;
    try {
      room = await redisRoom(connection, SHARE);
      isAnswered = true;
    } catch {
      // A Redis that does not answer takes no jobs either; what was known stands.
      isAnswered = false;
    }
    looks--;
  }

  return {
    take(bytes) {
      const needed = 2 * bytes + A_JOB;
      const isFull = needed > room;
      const sinceLook = now() - lookedAt;
      if (sinceLook >= LOOK_AGAIN_MS || (isFull && looks === 0 && sinceLook >= LOOK_WHILE_FULL_MS)) void look();
      if (isFull) return isAnswered ? "full" : "redis";
      room -= needed;
      return null;
    },
  };
}
