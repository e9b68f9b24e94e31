import { createClerkClient } from "@clerk/backend";
import { ClerkAPIResponseError, isClerkAPIResponseError } from "@clerk/backend/errors";
import { codeOf } from "@mara/runtime";
import { once } from "node:events";
import { types } from "node:util";
import { z } from "zod";
import { PAGE_SIZE, type Listed, type Place } from "./place.ts";

/** A user as a page lists them. `raw` is Clerk's own JSON, of which only the connector reads anything. */
export interface ListedUser extends Listed {
  readonly raw: unknown;
}

/** What came of asking for a page. `total` is null where Clerk does not tell it. */
export type Answer =
  | { readonly kind: "page"; readonly users: readonly ListedUser[]; readonly total: number | null }
  /** The key is wrong. It stays wrong. */
  | { readonly kind: "key refused" }
  /** Clerk does not know the user to go on after, or does not know how to go on after one. */
  | { readonly kind: "place refused" }
  | { readonly kind: "refused"; readonly status: number }
  /** Told to come again later. `waitMs` is null where Clerk did not say when. */
  | { readonly kind: "throttled"; readonly waitMs: number | null }
  /** It failed, was not reached, or took too long: `reason` says which, and stands in parentheses. */
  | { readonly kind: "away"; readonly reason: string }
  /** It answered something else than a list of users. */
  | { readonly kind: "unreadable" };

/** Asks for the page that begins at a place in the order of sign-up. Rejects only where `signal` fires. */
export type ReadUsers = (place: Place, signal: AbortSignal) => Promise<Answer>;

export interface ClerkUsersOptions {
  readonly secretKey: string;
  readonly apiUrl: string;
  /** Milliseconds that one page may take. */
  readonly timeoutMs: number;
}

/** The version of Clerk's API that the SDK asks for. */
const API_VERSION = "2026-05-12";

/** Nobody is believed who says to come again later than that. */
const LONGEST_WAIT_MS = 86_400_000;

const listedUser = z.object({ id: z.string().min(1), created_at: z.number().nullish().catch(null) });

/** The database has room for no more, and no instance has so many: what is larger counts as not told. */
const userCount = z.int32().nonnegative();
const count = z.union([userCount, z.object({ total_count: userCount }).transform((item) => item.total_count)]);

/**
 * Clerk's list of users, as it stands on the wire: the SDK maps every user onto its own classes, and one that lacks anything
 * they expect would cost the whole page. The count comes through the SDK; the progress is shown against it, and it may have
 * grown since the last page.
 */
export function clerkUsers({ secretKey, apiUrl, timeoutMs }: ClerkUsersOptions): ReadUsers {
  const { users } = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } });
  const headers = { authorization: `Bearer ${secretKey}`, "clerk-api-version": API_VERSION };
  return async (place, signal) => {
    try {
      const [page, total] = await Promise.all([
        before(timeoutMs, signal, (over) => readPage(pageUrl(apiUrl, place), headers, over)),
        before(timeoutMs, signal, () => users.getCount()).then((told) => count.safeParse(told).data ?? null, noCount),
      ]);
      return page === null ? { kind: "unreadable" } : { kind: "page", users: page, total };
    } catch (error) {
      signal.throwIfAborted();
      return troubleOf(error, place);
    }
  };
}

function pageUrl(apiUrl: string, place: Place): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), order_by: "+created_at", ...positionOf(place) });
  return `${apiUrl.replace(/\/+$/, "")}/v1/users?${query}`;
}

/** Clerk refuses a user to go on after together with an offset, so a first page has neither. */
function positionOf(place: Place): Record<string, string> {
  if (place.last === null) return {};
  return place.by === "cursor" ? { starting_after: place.last.id } : { offset: String(place.offset) };
}

/** Null where the answer is no list of users. Throws the SDK's own error where Clerk gives none. */
async function readPage(url: string, headers: Record<string, string>, over: AbortSignal): Promise<ListedUser[] | null> {
  const response = await fetch(url, { headers, signal: over });
  if (!response.ok) {
    await response.body?.cancel();
    const retryAfter = secondsOf(response.headers.get("retry-after"));
    throw new ClerkAPIResponseError("", { data: [], status: response.status, ...(retryAfter !== null && { retryAfter }) });
  }
  const items = parseList(await response.text());
  const page = items?.map(listedOf) ?? null;
  // Nobody on it could be gone on after.
  return page?.length === PAGE_SIZE && page.every(({ id }) => id === null) ? null : page;
}

function parseList(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function listedOf(raw: unknown): ListedUser {
  const { data } = listedUser.safeParse(raw);
  return { id: data?.id ?? null, createdAt: data?.created_at ?? null, raw };
}

/** A page is worth having without a count, but for one that is refused because too much was asked. */
function noCount(error: unknown): null {
  if (isClerkAPIResponseError(error) && (error.status === 429 || error.retryAfter)) throw error;
  return null;
}

function troubleOf(error: unknown, place: Place): Answer {
  if (!isClerkAPIResponseError(error) || typeof error.status !== "number") return { kind: "away", reason: reasonOf(error) };
  const { status, retryAfter } = error;
  if (status === 401) return { kind: "key refused" };
  if (retryAfter !== undefined && retryAfter > 0) return { kind: "throttled", waitMs: Math.min(LONGEST_WAIT_MS, retryAfter * 1_000) };
  if (status === 403) return { kind: "key refused" };
  if (status === 429) return { kind: "throttled", waitMs: null };
  if (status >= 500 || status === 408) return { kind: "away", reason: `HTTP status ${status}` };
  if (place.last !== null && place.by === "cursor" && [400, 404, 422].includes(status)) return { kind: "place refused" };
  return { kind: "refused", status };
}

/** `fetch` says only that it failed: what kept it from an answer is the cause. */
function reasonOf(error: unknown): string {
  if (error instanceof OutOfTime) return error.message;
  return codeOf(types.isNativeError(error) ? (error.cause ?? error) : error);
}

/** What `Retry-After` says, which is seconds or a date. */
function secondsOf(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return seconds > 0 ? seconds : null;
}

class OutOfTime extends Error {
  constructor() {
    super("it gave no answer in time");
  }
}

/**
 * The SDK knows no time-out: a request of its that hangs is left to itself. Nothing of the waiting outlives it, because whatever
 * holds on to the race holds on to the page that won it.
 */
async function before<T>(timeoutMs: number, signal: AbortSignal, begin: (over: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort(new OutOfTime());
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener("abort", end, { once: true });
  const work = begin(over.signal);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, once(over.signal, "abort").then(() => Promise.reject(over.signal.reason))]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
