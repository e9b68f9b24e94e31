import type { RedisConnection } from "./connection.ts";

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
  throw new Error(`not yet: ${connection.status} ${options.shards}`);
}
