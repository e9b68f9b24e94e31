import { z } from "zod";

/**
 * Why Redis has not got a job. `redis`: it does not answer, or refuses for a reason of its own. `full`: no memory is left for
 * jobs. `replicas`: too few have it. `busy`: this process has too much on its way to Redis. `stopping`: it takes nothing more.
 */
export const QUEUE_TROUBLES = ["redis", "full", "replicas", "busy", "stopping"] as const;
export type QueueTrouble = (typeof QUEUE_TROUBLES)[number];

/** Redis did not take the job, or not in time. The provider will send the delivery again. */
export class QueueUnavailable extends Error {
  readonly reason: QueueTrouble;
  /** For the log: the word that Redis refused with (`READONLY`), the name of an error that is none of Redis', or the reason. */
  readonly code: string;

  constructor(reason: QueueTrouble, options?: ErrorOptions) {
    super("the queue is unavailable", options);
    this.name = "QueueUnavailable";
    this.reason = reason;
    this.code = wordIn(options?.cause) ?? faultIn(options?.cause) ?? reason;
  }
}

const TROUBLE_OF: Readonly<Record<string, QueueTrouble>> = { OOM: "full", NOREPLICAS: "replicas" };

/** The refusal that an error of Redis' comes to. */
export function refusedBy(cause: unknown): QueueUnavailable {
  return new QueueUnavailable(TROUBLE_OF[wordIn(cause) ?? ""] ?? "redis", { cause });
}

/** That a transaction was thrown away says nothing; what was refused in it stands beside. An error may stand beside itself. */
function wordIn(error: unknown): string | null {
  const word = firstWord(error);
  if (word !== "EXECABORT" || !(error instanceof Error)) return word;
  const [first]: unknown[] = "previousErrors" in error && Array.isArray(error.previousErrors) ? error.previousErrors : [];
  return firstWord(first) ?? word;
}

/** A fault of ours must not pass for one of Redis': whoever looks for it would look there. */
function faultIn(error: unknown): string | null {
  const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof z.ZodError;
  return isOurs ? error.name : null;
}

/** The errors that Redis answers begin with their kind. */
function firstWord(error: unknown): string | null {
  return error instanceof Error ? (/^[A-Z]{2,}(?= )/.exec(error.message)?.[0] ?? null) : null;
}
