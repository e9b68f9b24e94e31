import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job, type WorkerOptions as BullOptions } from "bullmq";
import type { z } from "zod";
import type { RedisConnection } from "./connection.ts";
import { prefixOf } from "./keys.ts";

/** Workers in motion. */
export interface Workers {
  /** Resolves when all of them are connected. */
  ready(): Promise<void>;
  /** Takes no more jobs and waits for those in hand. What fails meanwhile goes back to the queue as it was. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly concurrency: number;
  /** After how many milliseconds without a sign of life a job is given to another worker. Default 15,000. */
  readonly lockDuration?: number;
}

export interface Duty<Payload> {
  readonly kind: {
    readonly schema: z.ZodType<Payload>;
    readonly keep: Pick<BullOptions, "removeOnComplete" | "removeOnFail">;
  };
  /** `attempt` counts from 1. `signal` fires when the worker is about to close. Moving a job to delayed is told by a `DelayedError`. */
  work(payload: Payload, attempt: number, signal: AbortSignal, job: Job): Promise<void>;
  /** Writes down that a job was given up; may run more than once for a job. Where it throws, the job is not given up. */
  failed(payload: Payload, reason: string, job: Job): Promise<void>;
  /** Whether retrying is no use. The message of such an error becomes the reason and must hold nothing of the payload. */
  permanent(error: unknown): boolean;
  /** Troubles of the queue itself, for the log. */
  onError(error: Error): void;
}

/** How long a worker rests that Redis has no memory for. */
const REST_MS = 1_000;

/** Killed so often while it was worked on, a job is held to be what kills. */
const MOST_STALLS = 10;

/** Until a job is worked again whose end could not be written down, cut by up to a half at random. */
const UNWRITTEN_MS = 60_000;

/** Works one queue. What a job of another shape carries fails at once; what fails is retried as its own options say. */
export function startWorker<Payload>(
  connection: RedisConnection,
  queueName: string,
  { concurrency, lockDuration = 15_000 }: WorkerOptions,
  duty: Duty<Payload>,
): Workers {
  const closing = new AbortController();
  const afterwards = new Set<Promise<void>>();

  async function process(job: Job, token?: string): Promise<void> {
    const payload = duty.kind.schema.safeParse(job.data);
    if (!payload.success) throw new UnrecoverableError("the job is malformed");
    try {
      await duty.work(payload.data, job.attemptsMade + 1, closing.signal, job);
    } catch (error) {
      // It gave the job back itself, for later.
      if (error instanceof DelayedError) throw error;
      if (closing.signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const reason = duty.permanent(error) && error instanceof Error ? error.message : `failed with ${codeOf(error)}`;
      const isLast = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      // BullMQ keeps message and stack, not the cause.
      if (!isLast && !duty.permanent(error)) throw new Error(reason, { cause: error });
      // Written down before BullMQ has it as failed: after a crash in between, the job runs once more and ends here again.
      try {
        await duty.failed(payload.data, reason, job);
      } catch (cause) {
        duty.onError(new Error("the end of a job could not be written down; it is worked again", { cause }));
        if (!isLast) throw new Error(reason, { cause });
        // As failed, BullMQ would drop it once enough others fail, and nobody would ever know of it.
        await job.moveToDelayed(Date.now() + UNWRITTEN_MS * (0.5 + Math.random() / 2), token);
        throw new DelayedError();
      }
      throw new UnrecoverableError(reason);
    }
  }

  const worker = new Worker(queueName, process, {
    connection,
    prefix: prefixOf(queueName),
    concurrency,
    lockDuration,
    stalledInterval: lockDuration / 2,
    maxStalledCount: MOST_STALLS,
    // After trouble with Redis: BullMQ's own 15 s would leave a worker idle long after Redis is back.
    runRetryDelay: 1_000,
    ...duty.kind.keep,
  });
  // The connection that it waits for jobs on. One that is about to connect again does not tell of its end when it is told to
  // end (ioredis stops its timer, and that is all), and BullMQ would wait for that for ever.
  let waits: { readonly status: string } | undefined;
  worker.backend.blockingClient?.then((client) => (waits = client), () => undefined);
  worker.on("error", (error) => {
    duty.onError(error);
    if (!error.message.startsWith("OOM") || worker.isPaused()) return;
    // BullMQ would ask again at once, and again.
    void worker.pause(true);
    setTimeout(() => void worker.resume(), REST_MS).unref();
  });
  worker.on("failed", (job, error) => {
    // BullMQ fails what stalled too often by itself, without running it once more.
    const payload = job?.deferredFailure ? duty.kind.schema.safeParse(job.data) : null;
    if (!job || !payload?.success) return;
    const written = duty.failed(payload.data, error.message, job).catch((cause: unknown) => {
      duty.onError(new Error("a job that was given up could not be written down", { cause }));
    });
    afterwards.add(written);
    void written.finally(() => afterwards.delete(written));
  });

  return {
    ready: async () => {
      await worker.waitUntilReady();
    },
    close: async () => {
      closing.abort();
      // Without Redis nothing in hand can be finished: its lock will run out, and it comes again.
      await worker.close(connection.status !== "ready" || waits?.status === "reconnecting");
      await Promise.all(afterwards);
    },
  };
}

/** Several workers as one. */
export function together(workers: readonly Workers[]): Workers {
  return {
    ready: async () => {
      await Promise.all(workers.map((worker) => worker.ready()));
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Says what went wrong without its message, which may quote what a stranger sent. */
function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "an unknown error";
}
