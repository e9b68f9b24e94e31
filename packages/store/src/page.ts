import { InvalidInput } from "./invalid-input.ts";

export const MAX_PAGE = 200;
export const DEFAULT_PAGE = 50;

export interface PageRequest {
  /** 1 to 200; default 50. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | null | undefined;
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the list goes on; null at its end. */
  readonly nextCursor: string | null;
}

/** How a list's position is written into its cursors. */
export interface CursorForm {
  /** Names the list, so that no list takes another's cursor. */
  readonly list: string;
  /** The only form that a position of this list has. */
  readonly position: RegExp;
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Before every UUID that anybody makes. */
export const FIRST_UUID = "00000000-0000-0000-0000-000000000000";

/** Past every UUID that there is. */
export const LAST_UUID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Throws `InvalidInput` where `limit` is not 1 to 200. */
export function limitOf(request: PageRequest): number {
  const limit = request.limit ?? DEFAULT_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new InvalidInput("limit", `must be a whole number from 1 to ${MAX_PAGE}`);
  }
  return limit;
}

/** An opaque cursor for the place right after `position`. */
export function writeCursor(form: CursorForm, position: string): string {
  return Buffer.from(`${form.list} ${position}`, "utf8").toString("base64url");
}

/** The position in a cursor; null where there is none. Throws `InvalidInput` for one that this list did not write. */
export function readCursor(form: CursorForm, cursor: string | null | undefined): string | null {
  if (cursor === null || cursor === undefined) return null;
  const text = cursor.length <= 200 ? Buffer.from(cursor, "base64url").toString("utf8") : "";
  const position = text.slice(form.list.length + 1);
  if (!text.startsWith(`${form.list} `) || !form.position.test(position) || writeCursor(form, position) !== cursor) {
    throw new InvalidInput("cursor", "is not a cursor of this list");
  }
  return position;
}

/** Makes a page of rows that were asked for with one more than the limit. */
export function pageOf<Row, Item>(
  form: CursorForm,
  rows: readonly Row[],
  limit: number,
  read: { readonly position: (row: Row) => string; readonly item: (row: Row) => Item },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(read.item), nextCursor: last === undefined ? null : writeCursor(form, read.position(last)) };
}
