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
