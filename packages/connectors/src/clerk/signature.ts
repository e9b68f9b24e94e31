import { timingSafeEqual } from "node:crypto";
import type { Delivery, SigningSecret, Verdict, VerifiedDelivery } from "../connector.ts";
import { signerOf } from "./secret.ts";

/** Seconds that the timestamp may lie from now, to either side. */
const TOLERANCE = 300;

/** Svix sends the first; the second is the same under the names of the Standard Webhooks specification. */
const FAMILIES = ["svix", "webhook"] as const;

/** The three headers of one family, as they came. */
interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/**
 * Svix's check with the clock that it is given. The library computes the signature, which it does for any time;
 * its own `verify` reads the machine's clock, and answers alike for a wrong signature and an old one.
 */
export function verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict {
  const headers = signedHeaders(delivery);
  if (!headers) return { ok: false, reason: "missing" };
  const secret = secrets.find(({ value }) => isSignedWith(value, headers, delivery.body));
  if (!secret) return { ok: false, reason: "mismatch" };
  if (Math.abs(Math.floor(now / 1000) - Number(headers.timestamp)) > TOLERANCE) return { ok: false, reason: "stale" };
  return { ok: true, delivery: asVerified(delivery, secret) };
}

/** The headers of the first family that is there in full; null where none is. */
export function signedHeaders({ headers }: Pick<Delivery, "headers">): SignedHeaders | null {
  for (const family of FAMILIES) {
    const id = textOf(headers[`${family}-id`]);
    const timestamp = textOf(headers[`${family}-timestamp`]);
    const signature = textOf(headers[`${family}-signature`]);
    if (id && timestamp && signature) return { id, timestamp, signature };
  }
  return null;
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

/** A repeated header is one long text that matches nothing, as Node joins them itself. */
function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}

function isSignedWith(secret: string, { id, timestamp, signature }: SignedHeaders, body: Buffer): boolean {
  const signer = signerOf(secret);
  // A number in any other spelling would be signed as if it were spelt plainly.
  if (!signer || !/^[1-9]\d{0,10}$/.test(timestamp)) return false;
  const right = Buffer.from(signer.sign(id, new Date(Number(timestamp) * 1000), body));
  return signature.split(" ").some((given) => {
    const bytes = Buffer.from(given);
    return bytes.length === right.length && timingSafeEqual(bytes, right);
  });
}

function asVerified(delivery: Delivery, { id }: SigningSecret): VerifiedDelivery {
  return { ...delivery, secretId: id } as VerifiedDelivery;
}
