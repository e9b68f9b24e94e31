/** One thing that a subscription bills each interval. */
export interface RecurringItem {
  /** The price or plan. */
  readonly priceId: string | null;
  /** For one unit, in the currency's minor unit, possibly a fraction of it; null where there is no single amount (tiered, metered). */
  readonly amount: number | null;
  readonly quantity: number;
  /** Lower-case; null where it was not told. */
  readonly currency: string | null;
  /** Length of the billing interval; null where it was not told. */
  readonly months: number | null;
}

const MONTHS = new Map([
  ["day", 12 / 365],
  ["week", (12 * 7) / 365],
  ["month", 1],
  ["year", 12],
]);

/** The length of a billing interval in months; null where either part is missing or unknown. */
export function monthsOf(interval: string | null, count: number | null): number | null {
  const one = interval === null ? undefined : MONTHS.get(interval);
  return one !== undefined && count !== null && count > 0 ? one * count : null;
}

/**
 * Whether a change of what a subscription bills is upward: its value (amount × quantity ÷ months, summed) rises, or its
 * billing interval lengthens, or the two can't be compared, in which case a change of plan is taken for an upgrade.
 * It is for the caller to see that anything changed at all.
 */
export function isUpward(before: readonly RecurringItem[], after: readonly RecurringItem[]): boolean {
  if (exceeds(longestOf(after), longestOf(before))) return true;
  if (currenciesOf([...before, ...after]).size > 1) return true;
  return exceeds(knownValueOf(after), knownValueOf(before)) || hasMoreOfUnknownValue(before, after);
}

function longestOf(items: readonly RecurringItem[]): number {
  return Math.max(0, ...items.map((item) => item.months ?? 0));
}

function currenciesOf(items: readonly RecurringItem[]): Set<string> {
  return new Set(items.flatMap((item) => item.currency ?? []));
}

function knownValueOf(items: readonly RecurringItem[]): number {
  return items.reduce((sum, item) => sum + (worthOf(item) ?? 0), 0);
}

/**
 * Of a price whose worth is unknown, no more than before adds nothing, whatever it costs: fewer seats of a tiered price
 * are no upgrade, and a metered item that merely stays says nothing of the rest.
 */
function hasMoreOfUnknownValue(before: readonly RecurringItem[], after: readonly RecurringItem[]): boolean {
  return after
    .filter((item) => worthOf(item) === null)
    .some(({ priceId }) => priceId === null || unknownUnits(after, priceId) > unknownUnits(before, priceId));
}

function unknownUnits(items: readonly RecurringItem[], priceId: string): number {
  const ofPrice = items.filter((item) => item.priceId === priceId && worthOf(item) === null);
  return ofPrice.reduce((sum, item) => sum + item.quantity, 0);
}

/** What an item brings in a month; null where that can't be known. */
function worthOf({ amount, quantity, months }: RecurringItem): number | null {
  return amount === null || months === null ? null : (amount * quantity) / months;
}

/** More than a rounding error greater: 12000 a year is no more than 1000 a month. */
function exceeds(a: number, b: number): boolean {
  return a - b > 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
