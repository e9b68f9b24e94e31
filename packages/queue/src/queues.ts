import { Queue, type JobsOptions } from "bullmq";
import type { RedisConnection } from "./connection.ts";
import { prefixOf } from "./keys.ts";

/**
 * BullMQ's producer side of a queue. It shares the connection, which stays open when the queue is closed, and never waits
 * for it: while Redis is away every call rejects.
 */
export function openQueue(connection: RedisConnection, name: string, defaultJobOptions: JobsOptions): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: prefixOf(name),
    defaultJobOptions,
    skipWaitingForReady: true,
    // Asking for the version once at the start would leave a queue that started without Redis broken for good.
    skipVersionCheck: true,
  });
  // The connection reports its own errors; without a listener they would end the process.
  queue.on("error", () => undefined);
  return queue;
}
