import type { Delivery, SigningSecret, Verdict } from "../connector.ts";
import { signedHeaders, verifyStandard, type SignedHeaders } from "../standard-webhooks.ts";
import { signerOf } from "./secret.ts";

/**
 * Svix's own headers, and the same under the names of the Standard Webhooks specification
 * (https://docs.svix.com/receiving/verifying-payloads/how-manual).
 */
const FAMILIES = ["svix", "webhook"] as const;

export function verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict {
  return verifyStandard(delivery, FAMILIES, signersOf, secrets, now);
}

/** The headers that `verify` judges by; null where no family of them is there in full. */
export function headersOf(delivery: Pick<Delivery, "headers">): SignedHeaders | null {
  return signedHeaders(delivery, FAMILIES);
}

/** The headers that Svix would send with a delivery of `body` at `at`, epoch milliseconds. */
export function sign(
  { id, body }: { readonly id: string; readonly body: string },
  secret: string,
  at: number,
): Record<string, string> {
  const signer = signerOf(secret);
  if (!signer) throw new TypeError("not a Clerk signing secret");
  return {
    "content-type": "application/json",
    "svix-id": id,
    "svix-timestamp": String(Math.floor(at / 1000)),
    "svix-signature": signer.sign(id, new Date(at), body),
  };
}

function signersOf(secret: string) {
  const signer = signerOf(secret);
  return signer ? [signer] : [];
}
