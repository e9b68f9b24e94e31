import Stripe from "stripe";
import type { Delivery, SigningSecret, Verdict } from "../connector.ts";
import { judge, plainSeconds } from "../verdict.ts";

const HEADER = "stripe-signature";

/**
 * What can be a signature. The library throws at what it can't compare, whatever stands beside it, and reads the whole header
 * anew for each secret: anybody can send sixteen kilobytes of commas.
 */
const V1 = /^v1=[\da-f]{64}$/;

/**
 * Stripe's own check of the signature (https://docs.stripe.com/webhooks: constant time, any matching v1 passes), with the
 * clock taken out of it: the library lets any time in the future pass, and answers alike for a wrong signature and an old one.
 */
export function verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict {
  const header = headerOf(delivery);
  const parts = header.split(",");
  const at = timestampIn(parts);
  const plain = [`t=${at}`, ...parts.filter((part) => V1.test(part))].join(",");
  const signature = { at, isBy: (secret: string) => isSigned(delivery.body, plain, secret) };
  return judge(delivery, header === "" ? null : signature, secrets, now);
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
function timestampIn(parts: readonly string[]): number | null {
  const [only, ...others] = parts.filter((part) => part.trimStart().startsWith("t="));
  return only?.startsWith("t=") && others.length === 0 ? plainSeconds(only.slice("t=".length)) : null;
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
