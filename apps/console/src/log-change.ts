import type { Logger } from "@mara/runtime";
import type { Caller } from "./auth.ts";

/** Where a contact's id stands in a path, of the API and of the pages alike. */
const ABOUT_A_CONTACT = /\/contacts\/:id(?:\/|$)/;

/** Something that somebody had changed. What it was changed to is in no log: it may be a secret. */
export interface Change {
  readonly through: "api" | "page";
  /** Method and path, with the names of its parameters in place of their values. */
  readonly call: string;
  /** Null where it is about no tenant that was there before. */
  readonly tenantId: string | null;
  /**
   * The contact that it is about, by the id in the path; null where it is about none. It tells of nobody once they are
   * erased, and after a restore it is how an operator knows whom to erase again.
   */
  readonly contactId: string | null;
  readonly by: Caller["kind"];
  /** The HTTP status that it was answered with. */
  readonly status: number;
}

/** The contact that a call is about. `path` is the route's, `params` are the request's. */
export function contactOf(path: string, params: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const { id } = params;
  return ABOUT_A_CONTACT.test(path) && typeof id === "string" ? id : null;
}

/** Changes by the API and on the pages stand in the log alike. */
export function logChange(log: Logger, change: Change): void {
  log.info(change, "a change was asked for");
}
