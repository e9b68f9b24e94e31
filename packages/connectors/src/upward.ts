/** One thing that a subscription bills each interval. */
export interface RecurringItem {
  /** What it is known by before and after a change; null where it has no name of its own. */
  readonly itemId: string | null;
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
 * Whether a change of what a subscription bills is upward: its value (amount × quantity ÷ months, summed) rises, or the
 * billing interval of an item lengthens, or the two can't be compared, in which case a change is taken for an upgrade.
 * It is for the caller to see that anything changed at all.
 */
export function isUpward(before: readonly RecurringItem[], after: readonly RecurringItem[]): boolean {
  if (pairsOf(before, after).some(([was, is]) => exceeds(is.months ?? 0, was.months ?? Infinity))) return true;
  if (currenciesOf([...before, ...after]).size > 1) return true;
  return differWhereUnknown(before, after) || exceeds(knownValueOf(after), knownValueOf(before));
}

/** Each item with what it was before: by its id, and what is left by where it stands. */
function pairsOf(before: readonly RecurringItem[], after: readonly RecurringItem[]): [RecurringItem, RecurringItem][] {
  const idsBefore = new Set(before.map(({ itemId }) => itemId));
  const idsAfter = new Map(after.map((item) => [item.itemId, item]));
  const unmatched = after.filter(({ itemId }) => itemId === null || !idsBefore.has(itemId));
  return before.flatMap((was) => {
    const is = (was.itemId === null ? undefined : idsAfter.get(was.itemId)) ?? unmatched.shift();
    return is ? [[was, is]] : [];
  });
}

function currenciesOf(items: readonly RecurringItem[]): Set<string> {
  return new Set(items.flatMap((item) => item.currency ?? []));
}

function knownValueOf(items: readonly RecurringItem[]): number {
  return items.reduce((sum, item) => sum + (worthOf(item) ?? 0), 0);
}

/**
 * Whether anything came, went or changed of which the worth can't be known: then nobody can say whether it is more, as
 * even fewer seats of a tiered price may cost more. One that merely stays says nothing of the rest; one without an id
 * can't be known to stay.
 */
function differWhereUnknown(before: readonly RecurringItem[], after: readonly RecurringItem[]): boolean {
  const [was, is] = [unknownIn(before), unknownIn(after)];
  return [...was, ...is].some(({ priceId }) => priceId === null) || fingerprintOf(was) !== fingerprintOf(is);
}

function unknownIn(items: readonly RecurringItem[]): RecurringItem[] {
  return items.filter((item) => worthOf(item) === null);
}

/** Equal for equal items in any order. */
function fingerprintOf(items: readonly RecurringItem[]): string {
  const states = items.map(({ priceId, amount, quantity, months }) => [priceId, amount, quantity, months].join(" "));
  return states.sort().join(", ");
}

/** What an item brings in a month; null where that can't be known. */
function worthOf({ amount, quantity, months }: RecurringItem): number | null {
  return amount === null || months === null ? null : (amount * quantity) / months;
}

/** More than a rounding error greater: 12000 a year is no more than 1000 a month. */
function exceeds(a: number, b: number): boolean {
  return a - b > 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
