import type { Sample, SampleOptions } from "../../connector.ts";
import type { JsonObject } from "../../json.ts";
import { customerOf, DAY, metadataOf, namesOf, randomLooking, secondsOf } from "./customer.ts";
import { finalised, invoiceBeforeBasilOf, invoiceOf, paid } from "./invoice.ts";
import { chargeOf, LIFETIME_AMOUNT, paymentIntentOf, sessionOf } from "./payment.ts";
import { itemsBefore, planOf, subscriptionOf } from "./subscription.ts";

const TODAY = "2026-10-28.endive";
const BEFORE_BASIL = "2024-06-20";
const TRIAL = 14 * DAY;

/**
 * Realistic events: of each type that becomes something, by default one that does, and after a colon others of that type
 * that are worth showing. Those of one seed are of one customer, one subscription, one invoice, one charge and one
 * session, so that told one after the other they make a story.
 */
export const samples = {
  "customer.subscription.created": subscription("created", (o) => subscriptionOf(o, {}, { created: secondsOf(o.at) })),
  "customer.subscription.created:trial": subscription("created", (o) => subscriptionOf(o, {}, inTrial(secondsOf(o.at)))),
  "customer.subscription.updated": subscription(
    "updated",
    (o) => subscriptionOf(o, { plan: "business" }),
    (o) => itemsBefore(o, { plan: "pro" }, { plan: planOf("pro"), latest_invoice: "in_1Earlier" }),
  ),
  "customer.subscription.updated:trial-converted": subscription(
    "updated",
    (o) => subscriptionOf(o, {}, { ...inTrial(secondsOf(o.at) - TRIAL), status: "active" }),
    (o) => itemsBefore(o, { periodStart: secondsOf(o.at) - TRIAL }, { status: "trialing" }),
  ),
  "customer.subscription.updated:more-seats": subscription(
    "updated",
    (o) => subscriptionOf(o, { quantity: 5 }),
    (o) => itemsBefore(o, { quantity: 2 }, { quantity: 2 }),
  ),
  "customer.subscription.updated:yearly": subscription(
    "updated",
    (o) => subscriptionOf(o, { plan: "proYearly" }),
    (o) => itemsBefore(o, { plan: "pro" }, { plan: planOf("pro") }),
  ),
  "customer.subscription.updated:downgraded": subscription(
    "updated",
    (o) => subscriptionOf(o, { plan: "pro" }),
    (o) => itemsBefore(o, { plan: "business" }, { plan: planOf("business") }),
  ),
  "customer.subscription.updated:renewed": subscription(
    "updated",
    (o) => subscriptionOf(o, {}),
    (o) => itemsBefore(o, { periodStart: secondsOf(o.at) - 30 * DAY }, { latest_invoice: "in_1Earlier" }),
  ),
  "customer.subscription.updated:metadata": subscription(
    "updated",
    (o) => subscriptionOf(o, {}, { metadata: { ...metadataOf(o), onboarded: "yes" } }),
    () => ({ metadata: { onboarded: null } }),
  ),
  "customer.subscription.deleted": subscription("deleted", (o) => subscriptionOf(o, {}, ended(o))),
  "customer.subscription.deleted:business": subscription("deleted", (o) => subscriptionOf(o, { plan: "business" }, ended(o))),
  "invoice.payment_failed": event("invoice.payment_failed", (o) => ({ object: invoiceOf(o) })),
  "invoice.payment_failed:second-attempt": event("invoice.payment_failed", (o) => ({
    object: invoiceOf(o, { ...finalised(secondsOf(o.at) - 3 * DAY), attempt_count: 2 }),
  })),
  "invoice.payment_failed:before-basil": event(
    "invoice.payment_failed",
    (o) => ({ object: invoiceBeforeBasilOf(o) }),
    BEFORE_BASIL,
  ),
  "invoice.payment_succeeded": event("invoice.payment_succeeded", (o) => ({
    object: invoiceOf(o, { ...paid(o), attempt_count: 2 }),
  })),
  "invoice.payment_succeeded:by-hand": event("invoice.payment_succeeded", (o) => ({ object: invoiceOf(o, paid(o)) })),
  "invoice.payment_succeeded:first-attempt": event("invoice.payment_succeeded", (o) => ({
    object: invoiceOf(o, { ...paid(o), id: `in_1First${o.seed}`, billing_reason: "subscription_create" }),
  })),
  "charge.refunded": event("charge.refunded", (o) => ({
    object: chargeOf(o, 2_500),
    previous_attributes: { amount_refunded: 0, receipt_url: null },
  })),
  "charge.refunded:rest": event("charge.refunded", (o) => ({
    object: chargeOf(o, LIFETIME_AMOUNT),
    previous_attributes: { amount_refunded: 2_500, refunded: false },
  })),
  "checkout.session.completed": checkout("completed", () => ({})),
  "checkout.session.completed:guest": checkout("completed", () => ({ customer: null, customer_creation: "if_required" })),
  "checkout.session.completed:unpaid": checkout("completed", () => ({ payment_status: "unpaid" })),
  "checkout.session.completed:subscription": checkout("completed", (o) => ({
    id: `cs_test_b1${o.seed}`,
    amount_subtotal: 2_000,
    amount_total: 2_000,
    invoice: `in_1First${o.seed}`,
    invoice_creation: null,
    mode: "subscription",
    payment_intent: null,
    subscription: namesOf(o).subscription,
  })),
  "checkout.session.async_payment_succeeded": checkout("async_payment_succeeded", () => ({})),
  "customer.created": event("customer.created", (o) => ({ object: customerOf(o) })),
  "payment_intent.succeeded": event("payment_intent.succeeded", (o) => ({ object: paymentIntentOf(o) })),
  "charge.succeeded": event("charge.succeeded", (o) => ({ object: chargeOf(o, 0) })),
  "v1.customer.subscription.updated": thinEvent,
} as const satisfies Record<string, (options: SampleOptions) => Sample>;

function ended({ at }: SampleOptions): JsonObject {
  return {
    canceled_at: secondsOf(at),
    cancellation_details: { comment: null, feedback: "too_expensive", reason: "cancellation_requested" },
    ended_at: secondsOf(at),
    status: "canceled",
  };
}

function inTrial(start: number): JsonObject {
  return { created: start, start_date: start, status: "trialing", trial_end: start + TRIAL, trial_start: start };
}

function subscription(
  change: "created" | "updated" | "deleted",
  object: (options: SampleOptions) => JsonObject,
  previous?: (options: SampleOptions) => JsonObject,
) {
  return event(`customer.subscription.${change}`, (options) => ({
    object: object(options),
    ...(previous ? { previous_attributes: previous(options) } : {}),
  }));
}

function checkout(change: "completed" | "async_payment_succeeded", changes: (options: SampleOptions) => JsonObject) {
  return event(`checkout.session.${change}`, (options) => ({ object: sessionOf(options, changes(options)) }));
}

/** Wraps `data` in the envelope of Stripe's snapshot events. */
function event(type: string, data: (options: SampleOptions) => JsonObject, version: string = TODAY) {
  return (options: SampleOptions): Sample => {
    const told = data(options);
    const id = `evt_1${randomLooking(type, options.seed, JSON.stringify(told))}`;
    const body = {
      id,
      object: "event",
      api_version: version,
      created: secondsOf(options.at),
      data: told,
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    };
    return { id, type, body: JSON.stringify(body) };
  };
}

/** Of the payload style Thin, which is not enough: it says that something happened, and not what. */
function thinEvent(options: SampleOptions): Sample {
  const { subscription: id } = namesOf(options);
  const type = "v1.customer.subscription.updated";
  const eventId = `evt_test_65${randomLooking(type, options.seed, String(options.at))}`;
  const related = { id, type: "subscription", url: `/v1/subscriptions/${id}` };
  const body = {
    id: eventId,
    object: "v2.core.event",
    type,
    created: new Date(options.at).toISOString(),
    livemode: false,
    reason: null,
    related_object: related,
  };
  return { id: eventId, type, body: JSON.stringify(body) };
}
