/** The eight lifecycle moments that a journey can trigger on. */
export const MOMENTS = [
  "subscription-started",
  "trial-converted",
  "subscription-upgraded",
  "subscription-canceled",
  "payment-failed",
  "payment-recovered",
  "refund-issued",
  "purchase",
] as const;

export type Moment = (typeof MOMENTS)[number];

/** What a recorded Event can be: one of the eight moments, or one of Clerk's two signals. */
export const EVENT_TYPES = [...MOMENTS, "user.created", "user.deleted"] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** One plain sentence a moment, for people: settings, docs, the README. */
export const MEANINGS = {
  "subscription-started": "a new subscription begins",
  "trial-converted": "a trial becomes a paying subscription",
  "subscription-upgraded": "plan or quantity changed upward",
  "subscription-canceled": "subscription canceled or revoked",
  "payment-failed": "a renewal payment failed (dunning territory)",
  "payment-recovered": "a previously failing payment went through",
  "refund-issued": "a charge was refunded",
  purchase: "a one-time purchase, not tied to a subscription",
} as const satisfies Record<Moment, string>;

const SUBSCRIPTION = ["subscriptionId", "status", "plan", "quantity", "amount", "currency", "interval", "intervalCount", "trialEnd"] as const;
const PAYMENT = ["invoiceId", "subscriptionId", "amount", "currency", "attemptCount", "billingReason"] as const;

/** The keys that an Event's `data` can have, by what it is; the README says what they hold. Another one is for no reader. */
export const DATA_KEYS = {
  "subscription-started": SUBSCRIPTION,
  "trial-converted": SUBSCRIPTION,
  "subscription-upgraded": [...SUBSCRIPTION, "previous"],
  "subscription-canceled": [...SUBSCRIPTION, "canceledAt", "endsAt", "reason"],
  "payment-failed": [...PAYMENT, "nextPaymentAttempt"],
  "payment-recovered": PAYMENT,
  "refund-issued": ["chargeId", "orderId", "amount", "refundedTotal", "currency", "full"],
  purchase: ["checkoutId", "orderId", "amount", "currency"],
  "user.created": ["userId"],
  "user.deleted": ["userId"],
} as const satisfies Record<EventType, readonly string[]>;

/** Those that can stand in the data of every event: whose account it happened in, and whether it was meant. */
export const ENVELOPE_DATA_KEYS = ["livemode", "account"] as const;
