import { QueueUnavailable } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import type { Caller } from "./auth.ts";
import { REFUSALS } from "./respond.ts";

/** Something that somebody had changed. What it was changed to is in no log: it may be a secret. */
export interface Change {
  readonly through: "api" | "page";
  /** Method and path, with the names of its parameters in place of their values. */
  readonly call: string;
  /** Null where it is about no tenant that was there before. */
  readonly tenantId: string | null;
  /**
   * The contact that it erased; null where it erased none. The id tells of nobody any more, and after a restore it is how an
   * operator knows whom to erase again: one that is still there must never stand here.
   */
  readonly contactId: string | null;
  readonly by: Caller["kind"];
  /** The HTTP status that it was answered with. */
  readonly status: number;
}

/** Changes by the API and on the pages stand in the log alike. */
export function logChange(log: Logger, change: Change): void {
  log.info(change, "a change was asked for");
}

/**
 * Waits for a change. Settings are kept also where ingest could not be told of them: then `log` is called with the status that
 * such a change is answered with.
 */
export async function logIfIngestUntold<T>(change: Promise<T>, log: (status: number) => void): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof QueueUnavailable) log(REFUSALS.unavailable);
    throw error;
  }
}
