/** Longest name, status, plan name and the like that leaves a connector. */
export const MAX_TEXT = 256;
/** Longest id of anything. */
export const MAX_ID = 255;

/**
 * A string as Postgres can hold it (text and jsonb refuse U+0000, jsonb also refuses lone surrogates), trimmed and cut
 * to `max` UTF-16 units without splitting a character. Null where nothing is left.
 */
export function cleanText(value: string, max: number = MAX_TEXT): string | null {
  const whole = value.toWellFormed().replaceAll("\0", "").trim();
  if (whole.length <= max) return whole === "" ? null : whole;
  const endsInside = isHighSurrogate(whole.charCodeAt(max - 1));
  return whole.slice(0, endsInside ? max - 1 : max).trimEnd();
}

/** Whether a string can be an id: 1 to 255 characters, none of them a control character or a lone surrogate, not blank. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_ID && /^[^\p{Cc}\p{Cs}]+$/u.test(value) && value.trim() !== "";
}

/** What code writes where it has no id. Taking one for an id would make one person of a tenant's strangers. */
const NO_IDS = new Set(["undefined", "null", "nan", "none", "nil", "[object object]"]);

/** Whether a string can be one of the tenant's own ids for a person. */
export function isAppId(value: unknown): value is string {
  return isId(value) && !NO_IDS.has(value.trim().toLowerCase());
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
