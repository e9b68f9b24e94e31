import { createClerkClient } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/backend/errors";
import { once } from "node:events";
import { z } from "zod";
import { PAGE_SIZE, type Place } from "./place.ts";

/** A user as a page lists them. `raw` is Clerk's own JSON, of which only the connector reads anything. */
export interface ListedUser {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly raw: unknown;
}

/** What came of asking for a page. */
export type Answer =
  | { readonly kind: "page"; readonly users: readonly ListedUser[]; readonly total: number }
  /** The key is wrong. It stays wrong. */
  | { readonly kind: "key refused" }
  /** Clerk does not know the user to go on after, or does not know how to go on after one. */
  | { readonly kind: "place refused" }
  | { readonly kind: "refused"; readonly status: number }
  /** Too many requests. `waitMs` is null where Clerk did not say for how long. */
  | { readonly kind: "throttled"; readonly waitMs: number | null }
  /** It failed, was not reached, took too long, or answered something else than a page. */
  | { readonly kind: "away"; readonly status: number | null };

/** Asks for the page that begins at a place in the order of sign-up. Rejects only where `signal` fires. */
export type ReadUsers = (place: Place, signal: AbortSignal) => Promise<Answer>;

export interface ClerkUsersOptions {
  readonly secretKey: string;
  readonly apiUrl: string;
  /** Milliseconds that one page may take. */
  readonly timeoutMs: number;
}

const list = z.object({
  // Anything but JSON reaches us as one long string.
  data: z.array(z.object({ id: z.string().min(1), createdAt: z.number(), raw: z.unknown() })),
  totalCount: z.int().nonnegative(),
});

/**
 * Clerk's list of users through its own SDK, which sends two requests for each page: the users and their count. The count
 * is what the progress is shown against, and it may have grown since the last page.
 */
export function clerkUsers({ secretKey, apiUrl, timeoutMs }: ClerkUsersOptions): ReadUsers {
  const { users } = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } });
  return async (place, signal) => {
    const asked = { limit: PAGE_SIZE, orderBy: "+created_at" as const, ...positionOf(place) };
    try {
      const answer = list.safeParse(await before(timeoutMs, signal, users.getUserList(asked)));
      if (!answer.success) return { kind: "away", status: null };
      return { kind: "page", users: answer.data.data, total: answer.data.totalCount };
    } catch (error) {
      signal.throwIfAborted();
      return troubleOf(error, place);
    }
  };
}

/** `starting_after` is younger than the SDK's types; Clerk refuses it together with an offset, so a first page has neither. */
function positionOf(place: Place): { startingAfter?: string; offset?: number } {
  if (place.last === null) return {};
  return place.by === "cursor" ? { startingAfter: place.last.id } : { offset: place.offset };
}

function troubleOf(error: unknown, place: Place): Answer {
  const status = isClerkAPIResponseError(error) && typeof error.status === "number" ? error.status : null;
  if (status === 401 || status === 403) return { kind: "key refused" };
  if (status === 429) return { kind: "throttled", waitMs: isClerkAPIResponseError(error) ? secondsOf(error.retryAfter) : null };
  if (status === null || status >= 500 || status === 408) return { kind: "away", status };
  if (place.last !== null && place.by === "cursor" && [400, 404, 422].includes(status)) return { kind: "place refused" };
  return { kind: "refused", status };
}

function secondsOf(seconds: number | undefined): number | null {
  return seconds === undefined || seconds < 0 ? null : seconds * 1_000;
}

/**
 * The SDK knows no time-out: a request that hangs is left to itself. Nothing of the waiting outlives it, because whatever
 * holds on to the race holds on to the page that won it.
 */
async function before<T>(timeoutMs: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, once(over.signal, "abort").then(() => Promise.reject(new Error("out of time")))]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
