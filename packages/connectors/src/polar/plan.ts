import { z } from "zod";
import type { EventData } from "../connector.ts";
import { idOf, numberOf, objectOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { isUpward, monthsOf, type RecurringItem } from "../upward.ts";

/** What a subscription bills, as an event told it. Absent keys were not told. */
export const planSchema = z.object({
  product: z.string().optional(),
  name: z.string().optional(),
  /** For a whole interval and all seats, discount taken off, in the currency's minor unit. */
  amount: z.number().optional(),
  currency: z.string().optional(),
  interval: z.string().optional(),
  intervalCount: z.number().optional(),
  seats: z.number().optional(),
  /** The id of the discount that `amount` has in it. */
  discount: z.string().optional(),
});

export type Plan = z.infer<typeof planSchema>;

const MAX_WORD = 16;

export function planOf(subscription: JsonObject): Plan {
  const product = objectOf(subscription, "product") ?? {};
  return {
    product: idOf(subscription, "product_id") ?? idOf(product, "id") ?? undefined,
    name: textOf(product, "name") ?? undefined,
    amount: numberOf(subscription, "amount") ?? undefined,
    currency: textOf(subscription, "currency", MAX_WORD)?.toLowerCase(),
    interval: textOf(subscription, "recurring_interval", MAX_WORD) ?? undefined,
    intervalCount: numberOf(subscription, "recurring_interval_count") ?? undefined,
    seats: numberOf(subscription, "seats") ?? undefined,
    discount: idOf(subscription, "discount_id") ?? undefined,
  };
}

/** A plan in one word. Equal ones bill the same thing: name and discount are no part of it. */
export function planKey({ product, amount, currency, interval, intervalCount, seats }: Plan): string {
  return [product, amount, currency, interval, intervalCount, seats].map((part) => part ?? "-").join(" ");
}

/** Whether an event told what its subscription bills at all. */
export function isKnown({ product }: Plan): boolean {
  return product !== undefined;
}

export function isSamePlan(a: Plan, b: Plan): boolean {
  return planKey(a) === planKey(b);
}

/** Whether a subscription that moved from one plan to another moved upward. */
export function isUpgrade(before: Plan, after: Plan): boolean {
  if (isSamePlan(before, after) || differsByDiscount(before, after)) return false;
  const [was, is] = [[itemOf(before)], [itemOf(after)]];
  return isUpward(was, is) || (hasMoreSeats(before, after) && !isUpward(is, was));
}

/** Polar's amount has the discount taken off: one that ends raises it, and nobody bought more. */
function differsByDiscount(before: Plan, after: Plan): boolean {
  return before.discount !== after.discount && isSamePlan({ ...before, amount: 0 }, { ...after, amount: 0 });
}

function hasMoreSeats(before: Plan, after: Plan): boolean {
  return (after.seats ?? 1) > (before.seats ?? 1);
}

/** One item, because the amount is for all seats; where there is none, the seats are all that can be compared. */
function itemOf({ product, amount, currency, interval, intervalCount, seats }: Plan): RecurringItem {
  return {
    itemId: null,
    priceId: product ?? null,
    amount: amount ?? null,
    quantity: amount === undefined ? (seats ?? 1) : 1,
    currency: currency ?? null,
    months: monthsOf(interval ?? null, intervalCount ?? 1),
  };
}

/** A plan as events show it: `plan`, `quantity` and `amount`. */
export function planData({ product, name, seats, amount }: Plan): EventData {
  return {
    ...(product === undefined ? {} : { plan: { id: product, name } }),
    ...(seats === undefined ? {} : { quantity: seats }),
    ...(amount === undefined ? {} : { amount }),
  };
}
