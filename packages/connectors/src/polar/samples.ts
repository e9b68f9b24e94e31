import type { Sample, SampleOptions } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { customerOf, orderOf, subscriptionOf } from "./sample-objects.ts";
import { polarTime, sampleId, type ProductName } from "./sample-shop.ts";

const DAY = 86_400_000;
const TRIAL = 14 * DAY;
/** What is left of the billing period of a subscription that is canceled. */
const NOTICE = 20 * DAY;

/**
 * Realistic events: of each type that becomes something, and of some that Polar sends beside them. Those of one seed are
 * of one customer, one subscription and one order, and tell one story where they are dated as it goes: the trial of
 * `created` ends in `cycled` (or `active`) after 14 days, `active` after a `past_due` recovers it, `updated` is an upgrade
 * of what came before, and the cancellation of `canceled` takes effect in `revoked` after 20 days. What stands after a colon
 * happens to a subscription that was upgraded.
 */
export const samples = {
  "subscription.created": subscription("subscription.created", "pro", ({ at }) => ({
    created_at: polarTime(at),
    modified_at: null,
    started_at: polarTime(at),
    status: "trialing",
    current_period_end: polarTime(at + TRIAL),
    trial_start: polarTime(at),
    trial_end: polarTime(at + TRIAL),
  })),
  "subscription.active": subscription("subscription.active", "pro", trialEnded),
  "subscription.cycled": subscription("subscription.cycled", "pro", trialEnded),
  "subscription.updated": subscription("subscription.updated", "business", () => ({})),
  "subscription.upgraded": subscription("subscription.upgraded", "business", () => ({})),
  "subscription.past_due": subscription("subscription.past_due", "pro", ({ at }) => ({
    status: "past_due",
    past_due_at: polarTime(at),
  })),
  "subscription.recovered": subscription("subscription.recovered", "pro", () => ({})),
  "subscription.canceled": subscription("subscription.canceled", "pro", noticeGiven),
  "subscription.canceled:business": subscription("subscription.canceled", "business", noticeGiven),
  "subscription.uncanceled": subscription("subscription.uncanceled", "pro", () => ({})),
  "subscription.uncanceled:business": subscription("subscription.uncanceled", "business", () => ({})),
  "subscription.revoked": subscription("subscription.revoked", "pro", ended),
  "subscription.revoked:business": subscription("subscription.revoked", "business", ended),
  "order.paid": order("order.paid", () => ({})),
  "order.refunded": order("order.refunded", ({ at }) => ({
    created_at: polarTime(at - DAY),
    modified_at: polarTime(at),
    status: "refunded",
    refunded_amount: 10_000,
    refunded_tax_amount: 2_000,
    refundable_amount: 0,
    refundable_tax_amount: 0,
  })),
  "order.created": order("order.created", () => ({ status: "pending", paid: false, due_amount: 12_000 })),
  "customer.created": event("customer.created", customerOf),
} as const satisfies Record<string, (options: SampleOptions) => Sample>;

function trialEnded({ at }: SampleOptions): JsonObject {
  return { trial_start: polarTime(at - TRIAL), trial_end: polarTime(at), started_at: polarTime(at - TRIAL) };
}

/** It was canceled, and goes on to the end of what is paid for. */
function noticeGiven({ at }: SampleOptions): JsonObject {
  return {
    current_period_start: polarTime(at + NOTICE - 30 * DAY),
    current_period_end: polarTime(at + NOTICE),
    cancel_at_period_end: true,
    canceled_at: polarTime(at),
    ends_at: polarTime(at + NOTICE),
    customer_cancellation_reason: "too_expensive",
  };
}

/** What was paid for is over. */
function ended({ at }: SampleOptions): JsonObject {
  return {
    status: "canceled",
    current_period_start: polarTime(at - 30 * DAY),
    current_period_end: polarTime(at),
    cancel_at_period_end: true,
    canceled_at: polarTime(at - NOTICE),
    ends_at: polarTime(at),
    ended_at: polarTime(at),
    customer_cancellation_reason: "too_expensive",
  };
}

function subscription(type: string, product: ProductName, changes: (options: SampleOptions) => JsonObject) {
  return event(type, (options) => subscriptionOf(options, product, changes(options)), product === "business" ? [product] : []);
}

function order(type: string, changes: (options: SampleOptions) => JsonObject) {
  return event(type, (options) => orderOf(options, "lifetime", changes(options)));
}

/** Wraps what `data` makes in the envelope of Polar's events. `words` make its id another than that of the same type without. */
function event(
  type: string,
  data: (options: SampleOptions) => JsonObject,
  words: readonly string[] = [],
): (options: SampleOptions) => Sample {
  return (options) => ({
    id: sampleId(type, options.seed, String(options.at), ...words),
    type,
    body: JSON.stringify({ type, timestamp: polarTime(options.at), data: data(options) }),
  });
}
