import { createHash } from "node:crypto";
import type { SampleOptions } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import {
  benefitsOf,
  ORGANIZATION_ID,
  polarTime,
  priceId,
  priceOf,
  productId,
  productOf,
  PRODUCTS,
  sampleId,
  type ProductName,
} from "./sample-shop.ts";

const DAY = 86_400_000;

export function customerOf({ at, seed, person }: SampleOptions): JsonObject {
  const name = person?.name ?? "Ada Lovelace";
  return {
    id: person?.externalId ?? sampleId("customer", seed),
    created_at: polarTime(at - 30 * DAY),
    modified_at: polarTime(at),
    metadata: { heard_from: "newsletter", team_size: 12, beta_tester: true },
    external_id: person?.appId ?? null,
    email: person?.email ?? `${seed.toLowerCase()}@example.com`,
    email_verified: true,
    type: "individual",
    name,
    billing_name: name,
    billing_address: {
      line1: "12 Rue des Lilas",
      line2: null,
      postal_code: "69003",
      city: "Lyon",
      state: null,
      country: "FR",
    },
    tax_id: null,
    locale: "fr",
    organization_id: ORGANIZATION_ID,
    default_payment_method_id: sampleId("card", seed),
    deleted_at: null,
    first_user_event_at: null,
    avatar_url: `https://www.gravatar.com/avatar/${createHash("md5").update(seed).digest("hex")}?d=404`,
  };
}

/** A subscription in the shape of Polar's events: to `product`, and renewed just now, unless `changes` say otherwise. */
export function subscriptionOf(options: SampleOptions, product: ProductName, changes: JsonObject): JsonObject {
  const { at, seed } = options;
  const customer = customerOf(options);
  return {
    created_at: polarTime(at - 30 * DAY),
    modified_at: polarTime(at),
    id: sampleId("subscription", seed),
    amount: PRODUCTS[product].price,
    currency: "usd",
    recurring_interval: "month",
    recurring_interval_count: 1,
    status: "active",
    current_period_start: polarTime(at),
    current_period_end: polarTime(at + 30 * DAY),
    current_meter_period_start: null,
    current_meter_period_end: null,
    trial_start: null,
    trial_end: null,
    cancel_at_period_end: false,
    canceled_at: null,
    started_at: polarTime(at - 30 * DAY),
    ends_at: null,
    ended_at: null,
    past_due_at: null,
    pause_at_period_end: false,
    paused_at: null,
    resumes_at: null,
    customer_id: customer.id,
    product_id: productId(product),
    discount_id: null,
    checkout_id: sampleId("checkout", seed),
    seats: null,
    units: null,
    customer_cancellation_reason: null,
    customer_cancellation_comment: null,
    price_id: priceId(product),
    metadata: { workspace_id: `ws_${seed}`, referral: "partner-program" },
    custom_field_data: { company: "Analytical Engines" },
    customer,
    user_id: sampleId("user", seed),
    user: publicUserOf(customer, seed),
    product: {
      ...productOf(product),
      prices: [priceOf(product)],
      benefits: benefitsOf(product),
      medias: [],
      attached_custom_fields: [],
    },
    discount: null,
    price: priceOf(product),
    prices: [priceOf(product)],
    meters: [],
    pending_update: null,
    ...changes,
  };
}

/** An order in the shape of Polar's events: a paid one for `product`, unless `changes` say otherwise. */
export function orderOf(options: SampleOptions, product: ProductName, changes: JsonObject): JsonObject {
  const { at, seed } = options;
  const { price, name } = PRODUCTS[product];
  const tax = price / 5;
  const customer = customerOf(options);
  return {
    id: sampleId("order", product, seed),
    created_at: polarTime(at),
    modified_at: null,
    status: "paid",
    paid: true,
    subtotal_amount: price,
    discount_amount: 0,
    net_amount: price,
    tax_amount: tax,
    total_amount: price + tax,
    applied_balance_amount: 0,
    due_amount: 0,
    refunded_amount: 0,
    refunded_tax_amount: 0,
    currency: "usd",
    billing_reason: "purchase",
    billing_name: customer.billing_name,
    billing_address: customer.billing_address,
    invoice_number: `SAMPLE-${seed.toUpperCase()}-0001`,
    is_invoice_generated: false,
    receipt_number: null,
    seats: null,
    units: null,
    customer_id: customer.id,
    product_id: productId(product),
    product_price_id: priceId(product),
    discount_id: null,
    subscription_id: null,
    checkout_id: sampleId("checkout", "order", seed),
    next_payment_attempt_at: null,
    amount: price,
    from_balance_amount: 0,
    refundable_amount: price,
    refundable_tax_amount: tax,
    metadata: { campaign: "autumn-sale" },
    custom_field_data: { company: "Analytical Engines" },
    platform_fee_amount: 40 + price / 20,
    platform_fee_currency: "usd",
    customer,
    user_id: sampleId("user", seed),
    user: publicUserOf(customer, seed),
    product: productOf(product),
    product_price: priceOf(product),
    discount: null,
    subscription: null,
    items: [
      {
        created_at: polarTime(at),
        modified_at: null,
        id: sampleId("item", product, seed),
        label: name,
        amount: price,
        tax_amount: tax,
        proration: false,
        product_price_id: priceId(product),
      },
    ],
    description: name,
    ...changes,
  };
}

function publicUserOf(customer: JsonObject, seed: string): JsonObject {
  return {
    id: sampleId("user", seed),
    email: customer.email,
    public_name: "A",
    avatar_url: null,
    github_username: null,
  };
}
