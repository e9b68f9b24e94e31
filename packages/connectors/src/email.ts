import type { Json } from "./json.ts";

/**
 * 64 for what is before the @ and 255 for what is after it (RFC 5321, 4.5.3.1): no address can be longer. Mail reaches only
 * those of up to 254, because a path holds no more, but an address names its person all the same.
 */
export const MAX_EMAIL = 320;

/** One @ with something on both sides, no space, control character or lone surrogate. Whether it exists only mail can tell. */
const PLAUSIBLE = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u;

/** An e-mail address trimmed and in lower case, so that equal people have equal ones; null where it can't be one. */
export function normaliseEmail(value: Json | undefined): string | null {
  if (typeof value !== "string" || value.length > MAX_EMAIL * 2) return null;
  const address = value.trim().toLowerCase();
  return address.length <= MAX_EMAIL && PLAUSIBLE.test(address) ? address : null;
}
