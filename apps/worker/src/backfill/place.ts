import { z } from "zod";

/** As many as Clerk lists at once: more is not refused but falls back to ten. */
export const PAGE_SIZE = 500;

/** How far an offset reaches back into what was seen: as many may be deleted while the backfill runs and nobody is missed. */
const OVERLAP = 100;

/** Where in the order of sign-up the next page begins. It is what a backfill resumes from, so it is kept as JSON. */
export const place = z.object({
  by: z.enum(["cursor", "offset"]),
  /** Where the page begins when Clerk is asked by number. */
  offset: z.int().nonnegative(),
  /** The last user that was seen; null before the first page. */
  last: z.object({ id: z.string().min(1), createdAt: z.number() }).nullable(),
});

export type Place = Readonly<z.infer<typeof place>>;

export const START: Place = { by: "cursor", offset: 0, last: null };

interface Dated {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** The users of a page that come after the last one seen. An offset's page begins with some that are known. */
export function newOf<User extends Dated>(at: Place, users: readonly User[]): readonly User[] {
  const { last } = at;
  if (last === null || at.by === "cursor") return users;
  const known = users.findIndex((user) => user.id === last.id);
  return known >= 0 ? users.slice(known + 1) : users.filter((user) => user.createdAt >= last.createdAt);
}

/**
 * Whether users may lie between the last one seen and this page: an offset skips as many as were deleted before it, so
 * its page must begin with somebody who is known.
 */
export function mayHaveSkipped(at: Place, [first]: readonly Dated[]): boolean {
  if (at.by === "cursor" || at.last === null || at.offset === 0) return false;
  return first === undefined || first.createdAt > at.last.createdAt;
}

/** The same place, but a page further back. */
export function furtherBack(at: Place): Place {
  return { ...at, offset: Math.max(0, at.offset - PAGE_SIZE) };
}

/** Where the page after this one begins. `fresh` are those of `users` that are new. */
export function after(at: Place, users: readonly Dated[], fresh: readonly Dated[]): Place {
  const last = fresh.at(-1);
  const reached = at.offset + users.length;
  return {
    by: at.by,
    offset: at.by === "offset" ? Math.max(0, reached - OVERLAP) : reached,
    last: last ? { id: last.id, createdAt: last.createdAt } : at.last,
  };
}

/** The same place for a Clerk that goes by numbers only. */
export function byOffset(at: Place): Place {
  return { ...at, by: "offset", offset: Math.max(0, at.offset - OVERLAP) };
}

/** Whether a page without anybody new is the last one. An offset that went far back has whole pages of known users. */
export function isEnd(at: Place, users: readonly Dated[]): boolean {
  return at.by === "cursor" || users.length < PAGE_SIZE;
}
