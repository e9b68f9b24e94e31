import type { SampleOptions } from "../../connector.ts";
import type { JsonObject } from "../../json.ts";
import { DAY, metadataOf, namesOf, secondsOf } from "./customer.ts";

/** What the sample shop sells, with prices in cents. */
export const PLANS = {
  pro: { name: "Pro", amount: 2_000, interval: "month" },
  business: { name: "Business", amount: 5_000, interval: "month" },
  proYearly: { name: "Pro, yearly", amount: 20_000, interval: "year" },
} as const;

export type PlanName = keyof typeof PLANS;

export const PRICE_IDS = {
  pro: "price_1SamplePro00000000000Mo",
  business: "price_1SampleBusiness00000Mo",
  proYearly: "price_1SamplePro00000000000Yr",
} as const satisfies Record<PlanName, string>;

/** A subscription in the shape of Basil and later, active and a month into its life unless `changes` say otherwise. */
export function subscriptionOf(
  options: SampleOptions,
  { plan = "pro", quantity = 1 }: { plan?: PlanName; quantity?: number },
  changes: JsonObject = {},
): JsonObject {
  const names = namesOf(options);
  const now = secondsOf(options.at);
  const start = now - 30 * DAY;
  return {
    id: names.subscription,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: start,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: "charge_automatically",
    created: start,
    currency: "usd",
    customer: names.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: `pm_1${options.seed}`,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: { account_tax_ids: null, issuer: { type: "self" } },
    items: {
      object: "list",
      data: [itemOf(options, { plan, quantity })],
      has_more: false,
      total_count: 1,
      url: `/v1/subscription_items?subscription=${names.subscription}`,
    },
    latest_invoice: names.invoice,
    livemode: false,
    metadata: metadataOf(options),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: { card: { network: null, request_three_d_secure: "automatic" } },
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    plan: planOf(plan),
    quantity,
    schedule: null,
    start_date: start,
    status: "active",
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: { end_behavior: { missing_payment_method: "create_invoice" } },
    trial_start: null,
    ...changes,
  };
}

/** What `previous_attributes` says where the items changed: the old ones, whole. `changes` are the other keys that changed. */
export function itemsBefore(
  options: SampleOptions,
  { plan = "pro", quantity = 1, periodStart }: { plan?: PlanName; quantity?: number; periodStart?: number },
  changes: JsonObject = {},
): JsonObject {
  const period = periodStart === undefined ? {} : { current_period_start: periodStart, current_period_end: periodStart + 30 * DAY };
  return { items: { data: [{ ...itemOf(options, { plan, quantity }), ...period }] }, ...changes };
}

function itemOf(options: SampleOptions, { plan, quantity }: { plan: PlanName; quantity: number }): JsonObject {
  const names = namesOf(options);
  const now = secondsOf(options.at);
  return {
    id: names.item,
    object: "subscription_item",
    billing_thresholds: null,
    created: now - 30 * DAY,
    current_period_end: now + (PLANS[plan].interval === "year" ? 365 : 30) * DAY,
    current_period_start: now,
    discounts: [],
    metadata: {},
    plan: planOf(plan),
    price: priceOf(plan),
    quantity,
    subscription: names.subscription,
    tax_rates: [],
  };
}

function priceOf(plan: PlanName): JsonObject {
  const { name, amount, interval } = PLANS[plan];
  return {
    id: PRICE_IDS[plan],
    object: "price",
    active: true,
    billing_scheme: "per_unit",
    created: 1_766_000_000,
    currency: "usd",
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: name,
    product: "prod_SampleShop0001",
    recurring: { interval, interval_count: 1, meter: null, trial_period_days: null, usage_type: "licensed" },
    tax_behavior: "exclusive",
    tiers_mode: null,
    transform_quantity: null,
    type: "recurring",
    unit_amount: amount,
    unit_amount_decimal: String(amount),
  };
}

export function planOf(plan: PlanName): JsonObject {
  const { name, amount, interval } = PLANS[plan];
  return {
    id: PRICE_IDS[plan],
    object: "plan",
    active: true,
    amount,
    amount_decimal: String(amount),
    billing_scheme: "per_unit",
    created: 1_766_000_000,
    currency: "usd",
    interval,
    interval_count: 1,
    livemode: false,
    metadata: {},
    meter: null,
    nickname: name,
    product: "prod_SampleShop0001",
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: "licensed",
  };
}
