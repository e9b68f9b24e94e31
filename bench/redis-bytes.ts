import { connectRedis, createIntake } from "@mara/queue";
import { Redis } from "ioredis";
import { EVENTS, workedOff } from "./measure/queue.ts";
import { number } from "./measure/table.ts";
import { jobOf, traffic } from "./measure/traffic.ts";
import type { Part } from "./part.ts";

/** What a waiting delivery and a remembered one cost in Redis' memory. */
export const redisBytes: Part = {
  title: "Redis: bytes of a job that waits, and of an event that was seen",
  fires: false,
  measure: async ({ bed, short }) => {
    const count = short ? 2_000 : 50_000;
    const redis = new Redis(bed.redis.url);
    const producer = connectRedis(bed.redis.url, "producer", () => undefined);
    const intake = createIntake(producer, { shards: 1 });
    try {
      await redis.flushall();
      await producer.ping();
      const jobs = traffic(bed, count, "mapped", "bytes").map(jobOf);
      const empty = await usedBytes(redis);
      for (let i = 0; i < jobs.length; i += 500) await Promise.all(jobs.slice(i, i + 500).map(intake.admit));
      const full = await usedBytes(redis);
      const worker = await bed.app("worker");
      await workedOff(redis, EVENTS);
      await worker.stop();
      const seen = await usedBytes(redis);
      const body = jobs.reduce((sum, job) => sum + Buffer.byteLength(job.body), 0) / count;
      const figures = { jobs: count, bodyBytes: body, waitingJobBytes: (full - empty) / count, seenIdBytes: (seen - empty) / count };
      return {
        ratios: { waitingJob: figures.waitingJobBytes / body },
        figures,
        said: [
          `A waiting job takes ${number(figures.waitingJobBytes)} bytes with a body of ${number(body)}; an id that was seen, ${number(figures.seenIdBytes)} for fourteen days.`,
        ],
      };
    } finally {
      await intake.close();
      producer.disconnect();
      redis.disconnect();
    }
  },
};

async function usedBytes(redis: Redis): Promise<number> {
  await redis.memory("PURGE").catch(() => undefined);
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1] ?? 0);
}
