import type { Job } from "bullmq";
import { catalogue } from "./catalogue.ts";
import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { eventQueueNames } from "./keys.ts";
import { markOf } from "./pending.ts";
import { createSettler } from "./settler.ts";
import { startWorker, together, type WorkerOptions, type Workers } from "./start-worker.ts";

export interface EventWork {
  /**
   * Does the work of one job; may run more than once for the same job. Resolves when its effects are committed: the
   * delivery is then no longer pending. `attempt` counts from 1.
   */
  work(job: EventJob, attempt: number): Promise<void>;
  /** Writes down that a job was given up. May run more than once for the same job. */
  failed(job: EventJob, reason: string): Promise<void>;
  /** Whether retrying is no use. The message of such an error becomes the reason and must hold nothing of the payload. */
  permanent(error: unknown): boolean;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

export interface EventWorkOptions {
  readonly shards: number;
  /** Jobs in hand at once, over all shards. */
  readonly concurrency: number;
  /** After how many milliseconds without a sign of life a job is given to another worker. Default 15,000. */
  readonly lockDuration?: number;
}

/** @param connection of purpose `worker`; each queue makes a blocking connection of its own from it. */
export function workEvents(connection: RedisConnection, options: EventWorkOptions, work: EventWork): Workers {
  const { shards, concurrency, ...rest } = options;
  const ofEach = { concurrency: Math.max(1, Math.floor(concurrency / shards)), ...rest };
  return together(eventQueueNames(shards).map((queueName) => workQueue(connection, queueName, ofEach, work)));
}

function workQueue(connection: RedisConnection, queueName: string, options: WorkerOptions, work: EventWork): Workers {
  const settler = createSettler(connection, queueName);
  const settle = (event: EventJob, { id }: Job) => {
    if (id !== undefined) settler.settle(markOf(queueName, event, id));
  };
  const workers = startWorker(connection, queueName, options, {
    kind: catalogue.event,
    work: async (event, attempt, _signal, job) => {
      await work.work(event, attempt);
      settle(event, job);
    },
    failed: async (event, reason, job) => {
      await work.failed(event, reason);
      settle(event, job);
    },
    permanent: (error) => work.permanent(error),
    onError: (error) => work.onError(error),
  });
  return {
    ready: workers.ready,
    close: async () => {
      await workers.close();
      // Without Redis the marks stay, and the sweep finds them.
      if (connection.status === "ready") await settler.idle();
    },
  };
}
