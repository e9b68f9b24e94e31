import { describe, expect, it } from "@jest/globals";
import { isUpward, monthsOf, type RecurringItem } from "./upward.ts";

const item = (told: Partial<RecurringItem>): RecurringItem => ({
  itemId: null,
  priceId: "pro",
  amount: 1000,
  quantity: 1,
  currency: "usd",
  months: 1,
  ...told,
});
const metered = (told: Partial<RecurringItem> = {}) => item({ priceId: "metered", amount: null, ...told });

const SOME = [metered({ quantity: 3 }), metered({ quantity: 5 })];
const monthly = (itemId: string | null, told: Partial<RecurringItem> = {}) => item({ itemId, priceId: "base", ...told });
const yearly = (itemId: string | null, told: Partial<RecurringItem> = {}) =>
  item({ itemId, priceId: "addon", amount: 6000, months: 12, ...told });

describe("isUpward", () => {
  const cases: readonly (readonly [string, boolean, RecurringItem[], RecurringItem[]])[] = [
    ["a dearer price", true, [item({})], [item({ amount: 2000 })]],
    ["a cheaper price", false, [item({ amount: 2000 })], [item({})]],
    ["another price of equal amount", false, [item({})], [item({ priceId: "pro-2" })]],
    ["more seats", true, [item({})], [item({ quantity: 2 })]],
    ["fewer seats", false, [item({ quantity: 2 })], [item({})]],
    ["the first seat", true, [item({ quantity: 0 })], [item({ quantity: 1 })]],
    ["a fraction of a cent more", true, [item({ amount: 0.5 })], [item({ amount: 0.51 })]],
    ["month to year at a discount", true, [item({})], [item({ amount: 9600, months: 12 })]],
    ["year to month at a lower monthly value", false, [item({ amount: 12_000, months: 12 })], [item({ amount: 900 })]],
    ["year to month at the same value", false, [item({ amount: 12_000, months: 12 })], [item({})]],
    ["year to month at a higher monthly value", true, [item({ amount: 9600, months: 12 })], [item({})]],
    ["an item more", true, [item({})], [item({}), item({ priceId: "addon", amount: 500 })]],
    ["an item less", false, [item({}), item({ priceId: "addon", amount: 500 })], [item({})]],
    ["everything gone", false, [item({})], []],
    ["nothing known of before", true, [], [item({})]],
    ["another currency", true, [item({ amount: 2000 })], [item({ currency: "eur" })]],
    ["one price without an amount for another", true, [metered()], [metered({ priceId: "metered-2" })]],
    ["an amount where there was none", true, [item({ amount: null })], [item({})]],
    ["an amount that is gone", true, [item({})], [item({ amount: null })]],
    ["an interval that was not told", true, [item({})], [item({ priceId: "odd", months: null })]],
    ["fewer seats beside a metered item that stays", false, [item({ quantity: 2 }), metered()], [item({}), metered()]],
    ["more seats beside a metered item that stays", true, [item({}), metered()], [item({ quantity: 2 }), metered()]],
    ["a metered item that goes", true, [item({}), metered()], [item({})]],
    ["a metered item that goes as seats go", true, [item({ quantity: 9 }), metered()], [item({})]],
    ["a tiered price that becomes free", true, [metered()], [item({ amount: 0 })]],
    ["a metered item that comes as seats go", true, [item({ quantity: 9 })], [item({}), metered()]],
    ["fewer seats of a tiered price", true, [metered({ quantity: 5 })], [metered({ quantity: 3 })]],
    ["more seats of a tiered price", true, [metered({ quantity: 3 })], [metered({ quantity: 5 })]],
    ["fewer seats beside items of one tiered price that change places", false, [item({ quantity: 2 }), ...SOME], [...SOME.toReversed(), item({})]],
    ["another amount at an interval that was never told", true, [item({ months: null })], [item({ amount: 900, months: null })]],
    ["unknown prices without an id", true, [metered({ priceId: null })], [metered({ priceId: null })]],
  ];
  const lengthened: readonly (readonly [string, boolean, RecurringItem[], RecurringItem[]])[] = [
    ["the plan beside a yearly item", true, [monthly("1"), yearly("2")], [yearly("1"), yearly("2")]],
    ["the plan, as the items change places", true, [monthly("1"), yearly("2")], [yearly("2"), yearly("1")]],
    ["the plan, by another item in its place", true, [monthly("1"), yearly("2")], [yearly("2"), yearly("3")]],
    ["the plan, of items without ids", true, [monthly(null), yearly(null)], [yearly(null), yearly(null)]],
    ["one item, as another shortens", true, [monthly("1"), yearly("2")], [yearly("1"), monthly("2", { amount: 1 })]],
    ["nothing, where the plan goes and the yearly item stays", false, [monthly("1"), yearly("2")], [yearly("2")]],
    ["nothing, where items without a change change places", false, [monthly("1"), yearly("2")], [yearly("2"), monthly("1", { amount: 900 })]],
    ["nothing, where the interval before was not told", false, [monthly("1"), metered({ months: null })], [monthly("1", { amount: 900 }), metered({ months: null })]],
  ];
  it.each(lengthened)("where this lengthens, %s: %s", (_change, expected, before, after) => {
    expect(isUpward(before, after)).toBe(expected);
  });

  it.each(cases)("%s: %s", (_change, expected, before, after) => {
    expect(isUpward(before, after)).toBe(expected);
  });
});

describe("monthsOf", () => {
  it.each([
    ["month", 1, 1],
    ["month", 6, 6],
    ["year", 1, 12],
    ["week", 52, 11.97],
    ["day", 365, 12],
  ])("knows a %s times %d", (interval, count, months) => {
    expect(monthsOf(interval, count)).toBeCloseTo(months, 1);
  });

  it.each([
    ["fortnight", 1],
    [null, 1],
    ["month", null],
    ["month", 0],
    ["month", -1],
  ])("answers null for %s times %s", (interval, count) => {
    expect(monthsOf(interval, count)).toBeNull();
  });
});
