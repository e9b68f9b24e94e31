import type { Json } from "./json.ts";

/** RFC 5321 allows no longer address. */
export const MAX_EMAIL = 320;

/** One @ with something on both sides, no space, control character or lone surrogate. Whether it exists only mail can tell. */
const PLAUSIBLE = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u;

/** An e-mail address trimmed and in lower case, so that equal people have equal ones; null where it can't be one. */
export function normaliseEmail(value: Json | undefined): string | null {
  if (typeof value !== "string" || value.length > MAX_EMAIL * 2) return null;
  const address = value.trim().toLowerCase();
  return address.length <= MAX_EMAIL && PLAUSIBLE.test(address) ? address : null;
}
