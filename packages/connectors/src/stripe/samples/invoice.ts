import type { SampleOptions } from "../../connector.ts";
import type { JsonObject } from "../../json.ts";
import { addressOf, DAY, metadataOf, namesOf, randomLooking, secondsOf } from "./customer.ts";
import { PLANS, planOf, PRICE_IDS } from "./subscription.ts";

const { amount } = PLANS.pro;

/** A renewal's invoice in the shape of Basil and later, open after a failed first attempt unless `changes` say otherwise. */
export function invoiceOf(options: SampleOptions, changes: JsonObject = {}): JsonObject {
  return { ...bodyOf(options), parent: parentOf(options), lines: listOf(options, [lineOf(options)]), ...changes };
}

/** The same invoice as API versions before Basil show it: the subscription at the top, the price on the line. */
export function invoiceBeforeBasilOf(options: SampleOptions, changes: JsonObject = {}): JsonObject {
  const names = namesOf(options);
  const { parent: _parent, pricing: _pricing, taxes: _taxes, ...line } = lineOf(options);
  return {
    ...bodyOf(options),
    charge: names.charge,
    discount: null,
    lines: listOf(options, [
      { ...line, plan: planOf("pro"), proration: false, subscription: names.subscription, tax_amounts: [], type: "subscription" },
    ]),
    paid: false,
    payment_intent: names.paymentIntent,
    quote: null,
    subscription: names.subscription,
    subscription_details: { metadata: metadataOf(options) },
    tax: null,
    total_tax_amounts: [],
    ...changes,
  };
}

/** The dates of an invoice that was finalised at `seconds`. */
export function finalised(seconds: number, paidAt: number | null = null): JsonObject {
  return {
    created: seconds - 3_600,
    effective_at: seconds,
    status_transitions: { finalized_at: seconds, marked_uncollectible_at: null, paid_at: paidAt, voided_at: null },
    webhooks_delivered_at: seconds - 3_600,
  };
}

/** What changes when an invoice is paid at last, three days after it was finalised. */
export function paid({ at }: SampleOptions): JsonObject {
  return {
    ...finalised(secondsOf(at) - 3 * DAY, secondsOf(at)),
    amount_paid: amount,
    amount_remaining: 0,
    next_payment_attempt: null,
    status: "paid",
  };
}

function bodyOf(options: SampleOptions): JsonObject {
  const names = namesOf(options);
  const now = secondsOf(options.at);
  return {
    id: names.invoice,
    object: "invoice",
    account_country: "US",
    account_name: "Sample Shop",
    account_tax_ids: null,
    amount_due: amount,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: amount,
    amount_shipping: 0,
    application: null,
    attempt_count: 1,
    attempted: true,
    auto_advance: true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: "subscription_cycle",
    collection_method: "charge_automatically",
    ...finalised(now - 100),
    currency: "usd",
    custom_fields: null,
    customer: names.customer,
    customer_address: addressOf(),
    customer_email: names.email,
    customer_name: names.name,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    ending_balance: 0,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: `https://invoice.stripe.com/i/acct_1Sample/test_${randomLooking("hosted", options.seed)}`,
    invoice_pdf: `https://pay.stripe.com/invoice/acct_1Sample/test_${randomLooking("pdf", options.seed)}/pdf`,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    livemode: false,
    metadata: {},
    next_payment_attempt: now + 3 * DAY,
    number: "SAMPLE-0002",
    on_behalf_of: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: now - 3_700,
    period_start: now - 3_700 - 30 * DAY,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: "open",
    subtotal: amount,
    subtotal_excluding_tax: amount,
    test_clock: null,
    total: amount,
    total_discount_amounts: [],
    total_excluding_tax: amount,
    total_pretax_credit_amounts: [],
    total_taxes: [],
  };
}

function parentOf(options: SampleOptions): JsonObject {
  return {
    quote_details: null,
    subscription_details: { metadata: metadataOf(options), subscription: namesOf(options).subscription },
    type: "subscription_details",
  };
}

function listOf(options: SampleOptions, data: JsonObject[]): JsonObject {
  return { object: "list", data, has_more: false, total_count: data.length, url: `/v1/invoices/${namesOf(options).invoice}/lines` };
}

function lineOf(options: SampleOptions): JsonObject {
  const names = namesOf(options);
  const now = secondsOf(options.at);
  return {
    id: `il_1${options.seed}`,
    object: "line_item",
    amount,
    currency: "usd",
    description: "1 × Pro (at $20.00 / month)",
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: names.invoice,
    livemode: false,
    metadata: metadataOf(options),
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: names.subscription,
        subscription_item: names.item,
      },
      type: "subscription_item_details",
    },
    period: { end: now + 30 * DAY, start: now },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: PRICE_IDS.pro, product: "prod_SampleShop0001" },
      type: "price_details",
      unit_amount_decimal: String(amount),
    },
    quantity: 1,
    taxes: [],
  };
}
