const YEAR_2000 = Date.UTC(2000, 0);
const YEAR_2100 = Date.UTC(2100, 0);

/**
 * Epoch milliseconds as they are, where they lie between 2000 and 2100; null otherwise. A time outside would win or lose
 * against every other for ever, and is no event's time.
 */
export function plausibleTime(ms: number | null): number | null {
  return ms !== null && ms >= YEAR_2000 && ms < YEAR_2100 ? Math.floor(ms) : null;
}

/** Epoch milliseconds of an ISO 8601 time with its zone; null where it is none, or not plausible. */
export function parseTime(iso: string | null): number | null {
  return iso !== null && /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:?\d\d)$/.test(iso) ? plausibleTime(Date.parse(iso)) : null;
}

/** Epoch milliseconds as ISO 8601 in UTC; null stays null. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
