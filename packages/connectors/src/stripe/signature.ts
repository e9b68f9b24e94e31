import Stripe from "stripe";
import type { Delivery, SigningSecret, Verdict, VerifiedDelivery } from "../connector.ts";

const HEADER = "stripe-signature";

/** Seconds that the timestamp may lie from now, to either side. */
const TOLERANCE = 300;

/**
 * Stripe's own check of the signature (constant time, any matching v1 passes), with the clock taken out of it: the
 * library lets any time in the future pass, and answers alike for a wrong signature and an old one.
 */
export function verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict {
  const header = headerOf(delivery);
  if (header === "") return { ok: false, reason: "missing" };
  const timestamp = timestampIn(header);
  if (timestamp === null) return { ok: false, reason: "mismatch" };
  const secret = secrets.find(({ value }) => isSigned(delivery.body, header, value));
  if (!secret) return { ok: false, reason: "mismatch" };
  if (Math.abs(Math.floor(now / 1000) - timestamp) > TOLERANCE) return { ok: false, reason: "stale" };
  return { ok: true, delivery: asVerified(delivery, secret) };
}

/** The headers that Stripe would send with `body`, signed at `at`, epoch milliseconds. */
export function sign({ body }: { readonly body: string }, secret: string, at: number): Record<string, string> {
  return {
    "content-type": "application/json; charset=utf-8",
    [HEADER]: Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: Math.floor(at / 1000) }),
  };
}

/** A repeated header becomes one with two timestamps, which matches nothing, as Node joins most of them itself. */
function headerOf({ headers }: Delivery): string {
  const header = headers[HEADER] ?? "";
  return Array.isArray(header) ? header.join(",") : header;
}

/**
 * The timestamp in seconds. Null unless there is exactly one, plainly written: of several the library signs the last,
 * so that a fresh one in front would let an old delivery pass for a new one.
 */
function timestampIn(header: string): number | null {
  const [only, ...others] = header.split(",").filter((part) => part.trimStart().startsWith("t="));
  const digits = only === undefined || others.length > 0 ? null : /^t=([1-9]\d{0,10})$/.exec(only);
  return digits ? Number(digits[1]) : null;
}

function isSigned(body: Buffer, header: string, secret: string): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, header, secret, NO_TOLERANCE) ?? false;
  } catch {
    return false;
  }
}

/** Zero switches the library's own look at the clock off. */
const NO_TOLERANCE = 0;

function asVerified(delivery: Delivery, { id }: SigningSecret): VerifiedDelivery {
  return { ...delivery, secretId: id } as VerifiedDelivery;
}
