import { connectRedis } from "@mara/queue";
import { sweepPending } from "../../packages/queue/src/sweep-pending.ts";

/** Does what a worker does each minute, as it would two minutes from now: takes away the marks of pending deliveries that have no job. */
export async function sweepMarks(redisUrl: string): Promise<void> {
  const connection = connectRedis(redisUrl, "worker", () => undefined);
  await sweepPending(connection, 1, async () => undefined, Date.now() + 120_000);
  connection.disconnect();
}
