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
  last: z.object({ id: z.string().min(1), createdAt: z.number().nullable() }).nullable(),
});

export type Place = Readonly<z.infer<typeof place>>;

export const START: Place = { by: "cursor", offset: 0, last: null };

/** What tells where somebody stands in the list. */
export interface Listed {
  /** Null where it can't be read: nothing goes on after them. */
  readonly id: string | null;
  /** Epoch milliseconds; null where Clerk does not say. */
  readonly createdAt: number | null;
}

/** The users of a page that come after the last one seen. An offset's page begins with some that are known. */
export function newOf<User extends Listed>(at: Place, users: readonly User[]): readonly User[] {
  const { last } = at;
  if (last === null || at.by === "cursor") return upToReadable(users);
  const known = users.findIndex((user) => user.id === last.id);
  return upToReadable(known >= 0 ? users.slice(known + 1) : users.filter((user) => !isBefore(user, last)));
}

/** Those after the last one that can be read are listed on the next page again, unless there is nobody else any more. */
function upToReadable<User extends Listed>(users: readonly User[]): readonly User[] {
  return isAnyReadable(users) ? users.slice(0, users.findLastIndex(({ id }) => id !== null) + 1) : users;
}

/** Whether somebody is there to go on after. */
export function isAnyReadable(users: readonly Listed[]): boolean {
  return users.some(({ id }) => id !== null);
}

function isBefore(one: Listed, other: Listed): boolean {
  return one.createdAt !== null && other.createdAt !== null && one.createdAt < other.createdAt;
}

/**
 * Whether what the cursor brought proves nothing. Clerk passed over it without a word: nobody lists the user to go on after,
 * or whom they came after, twice. Or nobody is listed: that is the end, or the user to go on after was deleted.
 */
export function isCursorInDoubt(at: Place, users: readonly Listed[]): boolean {
  const { by, last } = at;
  if (by === "offset" || last === null) return false;
  const [first] = users;
  return first === undefined || isBefore(first, last) || users.some(({ id }) => id === last.id);
}

/**
 * Whether users may lie between the last one seen and this page: an offset skips as many as were deleted before it, so
 * its page must begin with somebody who is known.
 */
export function mayHaveSkipped(at: Place, users: readonly Listed[]): boolean {
  const { by, last, offset } = at;
  if (by === "cursor" || last === null || offset === 0 || users.some(({ id }) => id === last.id)) return false;
  const first = users[0]?.createdAt ?? null;
  return first === null || last.createdAt === null || first >= last.createdAt;
}

/** The same place, but a page further back. */
export function furtherBack(at: Place): Place {
  return { ...at, offset: Math.max(0, at.offset - PAGE_SIZE) };
}

/** Where the page after this one begins. `fresh` are those of `users` that are new. */
export function after(at: Place, users: readonly Listed[], fresh: readonly Listed[]): Place {
  const last = fresh.flatMap(({ id, createdAt }) => (id === null ? [] : { id, createdAt })).at(-1);
  const reached = at.offset + users.length;
  return {
    by: at.by,
    offset: at.by === "offset" ? Math.max(0, reached - OVERLAP) : reached,
    last: last ?? at.last,
  };
}

/** The same place for a Clerk that goes by numbers only. */
export function byOffset(at: Place): Place {
  return { ...at, by: "offset", offset: Math.max(0, at.offset - OVERLAP) };
}

/** Whether a page without anybody new is the last one. An offset that went far back has whole pages of known users. */
export function isEnd(at: Place, users: readonly Listed[]): boolean {
  return at.by === "cursor" || users.length < PAGE_SIZE;
}
