import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../json.ts";
import { itemsBefore, itemsOf, stateOf } from "./items.ts";

const price = (id: string, unit_amount: number, told: JsonObject = {}): JsonObject => ({
  id,
  unit_amount,
  currency: "usd",
  recurring: { interval: "month", interval_count: 1 },
  ...told,
});
const OLD_PLAN = { id: "plan_old", amount: 700, interval: "month", interval_count: 1 };
const METERED = { interval: "month", interval_count: 1, usage_type: "metered" };
const told = (...data: JsonObject[]): JsonObject => ({ items: { data } });
const one: JsonObject = { items: { data: [{ id: "si_1", price: price("price_new", 2_000), quantity: 3 }] } };
const summary = (items: ReturnType<typeof itemsBefore>) =>
  items?.map(({ priceId, amount, quantity, months }) => [priceId, amount, quantity, months]);

describe("itemsOf", () => {
  it("reads fractions of the minor unit from the decimal form", () => {
    const items = [{ price: price("price_1", 0, { unit_amount: null, unit_amount_decimal: "0.25" }), quantity: 8 }];
    expect(summary(itemsOf({ items: { data: items } }))).toEqual([["price_1", 0.25, 8, 1]]);
  });

  it("takes the plan where an item has no price", () => {
    const items = [{ plan: { id: "plan_1", amount: 900, currency: "EUR", interval: "year", interval_count: 1, nickname: "Team" } }];
    expect(itemsOf({ items: { data: items } })).toMatchObject([
      { priceId: "plan_1", amount: 900, quantity: 1, currency: "eur", months: 12, name: "Team" },
    ]);
  });

  it("takes the subscription's own plan where there are no items", () => {
    const plan = { id: "plan_1", amount: 900, interval: "month", interval_count: 3 };
    expect(summary(itemsOf({ plan, quantity: 4 }))).toEqual([["plan_1", 900, 4, 3]]);
  });

  it("takes the subscription's own quantity where its only item tells none", () => {
    const [a, b] = [{ price: price("a", 1) }, { price: price("b", 1) }];
    expect(summary(itemsOf({ items: { data: [a] }, quantity: 4 }))).toEqual([["a", 1, 4, 1]]);
    expect(summary(itemsOf({ items: { data: [a, b] }, quantity: 4 }))).toEqual([["a", 1, 1, 1], ["b", 1, 1, 1]]);
  });

  it("knows no amount where there is none", () => {
    expect(itemsOf({ items: { data: [{ price: { id: "p", unit_amount: null, unit_amount_decimal: "much" } }] } })).toMatchObject([
      { amount: null, months: null },
    ]);
  });
});

describe("a subscription of items without end", () => {
  it("is judged by the first hundred", () => {
    const many = told(...Array.from({ length: 50_000 }, (_, i) => ({ id: `si_${i}`, price: price("price_1", 1) })));
    expect(itemsOf(many)).toHaveLength(100);
    expect(itemsBefore(many, many)).toHaveLength(100);
  });
});

describe("itemsBefore", () => {
  const cases: readonly (readonly [string, JsonObject, unknown[] | undefined])[] = [
    ["nothing of the items", { status: "active", metadata: {} }, undefined],
    ["the old item, whole", told({ id: "si_1", price: price("price_old", 500), quantity: 1 }), [["price_old", 500, 1, 1]]],
    ["another price without what it cost", told({ id: "si_1", price: { id: "price_old" } }), [["price_old", null, 3, 1]]],
    ["another plan without what it cost", told({ id: "si_1", plan: { id: "plan_old" } }), [["plan_old", null, 3, 1]]],
    ["the price that it has", told({ id: "si_1", price: { id: "price_new" }, quantity: 1 }), [["price_new", 2_000, 1, 1]]],
    ["a part of its interval", told({ id: "si_1", price: { recurring: { interval: "year" } } }), [["price_new", 2_000, 3, 12]]],
    ["an item by its position", told({ quantity: 1 }), [["price_new", 2_000, 1, 1]]],
    ["an item that is gone", told({ id: "si_0", price: price("price_gone", 100), quantity: 1 }), [["price_gone", 100, 1, 1]]],
    ["an item's plan without its price", told({ id: "si_1", plan: OLD_PLAN }), [["plan_old", 700, 3, 1]]],
    ["an item that was metered, and so has no quantity", told({ id: "si_1", price: price("price_old", 5, { recurring: METERED }) }), [["price_old", 5, 1, 1]]],
    ["a metered plan alone", told({ id: "si_1", plan: { ...OLD_PLAN, usage_type: "metered" } }), [["plan_old", 700, 1, 1]]],
    ["no item", told(), []],
    ["the old quantity", { quantity: 1 }, [["price_new", 2_000, 1, 1]]],
    ["the old quantity as none", { quantity: null }, [["price_new", 2_000, 1, 1]]],
    ["the old plan", { plan: OLD_PLAN }, [["plan_old", 700, 3, 1]]],
    ["something else for items", { items: "many" }, undefined],
    ["something else for an item", { items: { data: ["si_1", null] } }, []],
    ["a list for its price", told({ id: "si_1", price: [] }), [[null, null, 3, null]]],
  ];
  it.each(cases)("rebuilds what was, told %s", (_what, previous, expected) => {
    expect(summary(itemsBefore(one, previous))).toEqual(expected);
  });

  const partial = { plan: { id: "price_old", amount: 5_000 } };
  const { recurring: _, ...unrecurring } = price("price_new", 2_000);
  const yearly = { id: "price_new", amount: 2_000, currency: "eur", interval: "year", interval_count: 1 };

  it.each<[string, JsonObject, unknown[]]>([
    ["the item's price", one, ["price_old", 5_000, 3, "usd", 1]],
    ["the subscription's plan", { ...one, plan: yearly }, ["price_old", 5_000, 3, "eur", 12]],
    ["the subscription's plan, beside a price without an interval", { items: { data: [{ price: unrecurring }] }, plan: yearly, quantity: 4 }, ["price_old", 5_000, 4, "eur", 12]],
    ["the item's plan", { items: { data: [{ price: price("price_new", 2_000), plan: { ...yearly, interval_count: 2 } }] }, plan: yearly }, ["price_old", 5_000, 1, "eur", 24]],
  ])("takes what a partial plan is silent about from %s", (_where, subscription, expected) => {
    const [before] = itemsBefore(subscription, partial) ?? [];
    expect([before?.priceId, before?.amount, before?.quantity, before?.currency, before?.months]).toEqual(expected);
  });

  it("takes no amount of the new price for that of a plan that told none", () => {
    const tiered = { plan: { id: "price_old", amount: null, amount_decimal: null } };
    expect(itemsBefore(one, tiered)).toMatchObject([{ priceId: "price_old", amount: null, months: 1 }]);
    const wholeItem = told({ id: "si_1", price: price("price_old", 0, { unit_amount: null }) });
    const withPlan = { items: { data: [{ id: "si_1", price: price("price_new", 2_000), plan: yearly }] } };
    expect(itemsBefore(withPlan, wholeItem)).toMatchObject([{ priceId: "price_old", amount: null, months: 1 }]);
  });

  it("knows an item by its id, before and after", () => {
    expect(itemsOf(one).map(({ itemId }) => itemId)).toEqual(["si_1"]);
    expect(itemsBefore(one, { quantity: 1 })?.map(({ itemId }) => itemId)).toEqual(["si_1"]);
    expect(itemsBefore(one, told({ id: "si_0", quantity: 1 }))?.map(({ itemId }) => itemId)).toEqual(["si_0"]);
  });

  it("matches items by their ids, not by where they stand", () => {
    const two = told({ id: "si_2", price: price("price_b", 2) }, { id: "si_1", price: price("price_a", 1) });
    expect(summary(itemsBefore(two, told({ id: "si_1", quantity: 9 })))).toEqual([["price_a", 1, 9, 1]]);
  });

  it("matches items without ids by where they stand", () => {
    const two = told({ price: price("price_a", 1) }, { price: price("price_b", 2) });
    expect(summary(itemsBefore(two, told({ quantity: 1 }, { quantity: 1 })))).toEqual([["price_a", 1, 1, 1], ["price_b", 2, 1, 1]]);
  });

  it("does not take the deprecated plan for one of several items", () => {
    const two = told({ id: "si_1", price: price("a", 1) }, { id: "si_2", price: price("b", 1) });
    expect(itemsBefore(two, { quantity: 1 })).toBeNull();
  });

  it("gives nobody a new prototype", () => {
    const previous = JSON.parse('{"items":{"data":[{"id":"si_1","__proto__":{"quantity":99},"price":{"__proto__":{"unit_amount":1}}}]}}');
    expect(summary(itemsBefore(one, previous))).toEqual([["price_new", 2_000, 3, 1]]);
  });
});

describe("stateOf", () => {
  it("is the same where an unnamed quantity is one", () => {
    const [named, unnamed] = [{ price: price("a", 1), quantity: 1 }, { price: price("a", 1) }];
    expect(stateOf(itemsOf({ items: { data: [named] } }))).toBe(stateOf(itemsOf({ items: { data: [unnamed] } })));
  });
});
