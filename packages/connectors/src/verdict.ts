import type { Delivery, SigningSecret, Verdict, VerifiedDelivery } from "./connector.ts";

/** Seconds that the timestamp may lie from now, to either side: what Stripe's, Svix's and Standard Webhooks' libraries allow. */
const TOLERANCE = 300;

/** A signature as a delivery's headers have it. */
export interface Signature {
  /** When it was made, in epoch seconds; null where the headers don't say so plainly. */
  readonly at: number | null;
  /** Whether it was made with `secret`: asked only where `at` is told. Compares in constant time, and never throws. */
  isBy(secret: string): boolean;
}

/**
 * Judges a delivery by its signature (null: it has none) and a clock in epoch milliseconds. The only maker of a verified
 * delivery. A wrong signature is told before an old one: what a stranger dated is nobody's date.
 */
export function judge(
  delivery: Delivery,
  signature: Signature | null,
  secrets: readonly SigningSecret[],
  now: number,
): Verdict {
  if (signature === null) return { ok: false, reason: "missing" };
  const { at } = signature;
  const secret = at === null ? undefined : secrets.find(({ value }) => signature.isBy(value));
  if (at === null || !secret) return { ok: false, reason: "mismatch" };
  if (Math.abs(Math.floor(now / 1000) - at) > TOLERANCE) return { ok: false, reason: "stale" };
  return { ok: true, delivery: { ...delivery, secretId: secret.id } as VerifiedDelivery };
}

/** Epoch seconds in plain digits; null in any other spelling, which a library might take for the plain one that was signed. */
export function plainSeconds(text: string): number | null {
  return /^[1-9]\d{0,10}$/.test(text) ? Number(text) : null;
}
