import type { Delivery, SigningSecret, Verdict } from "../connector.ts";
import { signedHeaders, verifyStandard } from "../standard-webhooks.ts";
import { signersOf } from "./secret.ts";

/** Polar signs by the Standard Webhooks specification, under its header names (https://polar.sh/docs/integrate/webhooks/delivery). */
const FAMILIES = ["webhook"] as const;

export function verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict {
  return verifyStandard(delivery, FAMILIES, signersOf, secrets, now);
}

/** The event's id: the body has none. Stable over retries. Null where the header is absent. */
export function eventIdOf(delivery: Pick<Delivery, "headers">): string | null {
  return signedHeaders(delivery, FAMILIES)?.id ?? null;
}

/** The headers that Polar would send with `body`, signed at `at`, epoch milliseconds. Throws where `secret` is empty. */
export function sign(
  sample: { readonly id: string; readonly body: string },
  secret: string,
  at: number,
): Record<string, string> {
  const [signer] = signersOf(secret);
  if (!signer) throw new TypeError("not a Polar signing secret");
  return {
    "content-type": "application/json",
    "webhook-id": sample.id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": signer.sign(sample.id, new Date(at), sample.body),
  };
}
