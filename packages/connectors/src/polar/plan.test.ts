import { describe, expect, it } from "@jest/globals";
import { isSamePlan, isUpgrade, planOf, type Plan } from "./plan.ts";

const pro: Plan = { product: "pro", name: "Pro", amount: 2000, currency: "usd", interval: "month", intervalCount: 1 };

describe("a subscription's plan", () => {
  it("is read from the subscription", () => {
    const subscription = {
      amount: 9000,
      currency: "USD",
      recurring_interval: "year",
      recurring_interval_count: 1,
      seats: 3,
      product_id: "team",
      discount_id: "launch",
      product: { id: "team", name: "Team" },
    };
    expect(planOf(subscription)).toEqual({
      product: "team",
      name: "Team",
      amount: 9000,
      currency: "usd",
      interval: "year",
      intervalCount: 1,
      seats: 3,
      discount: "launch",
    });
  });

  it("is the product's where the subscription does not say which", () => {
    expect(planOf({ product: { id: "team" } }).product).toBe("team");
  });

  it("is the same under another name and with another discount", () => {
    expect(isSamePlan(pro, { ...pro, name: "Pro (2026)", discount: "launch" })).toBe(true);
    expect(isSamePlan(pro, { ...pro, seats: 1 })).toBe(false);
  });
});

describe("a change of plan", () => {
  it.each<[string, Partial<Plan>, Partial<Plan>]>([
    ["to a dearer product", {}, { product: "business", amount: 5000 }],
    ["to a dearer price of the same product", {}, { amount: 2500 }],
    ["to a year, although the month gets cheaper", {}, { amount: 20_000, interval: "year" }],
    ["to a quarter", {}, { amount: 5500, intervalCount: 3 }],
    ["to more seats", { seats: 2 }, { seats: 3, amount: 3000 }],
    ["to more seats of an amount that stays", { seats: 2 }, { seats: 3 }],
    ["to more seats than the one that was not told", {}, { seats: 2 }],
    ["to more seats of an amount that is unknown", { seats: 2, amount: undefined }, { seats: 3, amount: undefined }],
    ["to fewer seats of an amount that is unknown, which can't be compared", { seats: 3, amount: undefined }, { seats: 2, amount: undefined }],
    ["to another currency, which can't be compared", {}, { currency: "eur", amount: 1500 }],
    ["to another product of an amount that is unknown", { amount: undefined }, { product: "business", amount: undefined }],
    ["to a dearer product with a discount", {}, { product: "business", amount: 2500, discount: "launch" }],
  ])("is upward %s", (_, before, after) => {
    expect(isUpgrade({ ...pro, ...before }, { ...pro, ...after })).toBe(true);
  });

  it.each<[string, Partial<Plan>, Partial<Plan>]>([
    ["to the same", {}, {}],
    ["to a cheaper product", {}, { product: "basic", amount: 900 }],
    ["to another product of the same amount", {}, { product: "pro-2026" }],
    ["to a dearer month with a lower yearly value", { amount: 24_000, interval: "year" }, { amount: 1900 }],
    ["to a cheaper price of intervals that are not counted", { intervalCount: undefined }, { intervalCount: undefined, amount: 900 }],
    ["to fewer seats", { seats: 3, amount: 3000 }, { seats: 2 }],
    ["to fewer seats of an amount that stays", { seats: 3 }, { seats: 2 }],
    ["to more seats for less", { seats: 2 }, { seats: 3, amount: 1900 }],
    ["by the end of a discount", { amount: 1000, discount: "launch" }, {}],
    ["by a smaller discount", { amount: 1000, discount: "half" }, { amount: 1500, discount: "quarter" }],
    ["by a new discount", {}, { amount: 1000, discount: "launch" }],
    ["by another name", {}, { name: "Pro (2026)" }],
  ])("is not upward %s", (_, before, after) => {
    expect(isUpgrade({ ...pro, ...before }, { ...pro, ...after })).toBe(false);
  });
});
