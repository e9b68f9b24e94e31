import { timingSafeEqual } from "node:crypto";
import type { Delivery, SigningSecret, Verdict } from "./connector.ts";
import { judge, plainSeconds } from "./verdict.ts";

/** The three headers that sign a delivery, as they came. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** What signs with one key: `Webhook` of standardwebhooks, or of svix. Answers `v1,` and the signature in base64. */
export interface Signer {
  sign(id: string, timestamp: Date, payload: string | Buffer): string;
}

/** The headers of the first family (`webhook-id` …, `svix-id` …) that is there in full; null where none is. */
export function signedHeaders({ headers }: Pick<Delivery, "headers">, families: readonly string[]): SignedHeaders | null {
  for (const family of families) {
    const id = oneText(headers[`${family}-id`]);
    const timestamp = oneText(headers[`${family}-timestamp`]);
    const signature = oneText(headers[`${family}-signature`]);
    if (id && timestamp && signature) return { id, timestamp, signature };
  }
  return null;
}

/**
 * The check of the Standard Webhooks specification (https://github.com/standard-webhooks/standard-webhooks) with the clock
 * that it is given, epoch milliseconds. The libraries compute the signature, which they do for any time; their own `verify`
 * reads the machine's clock, and answers alike for a wrong signature and an old one.
 *
 * @param signersOf every key that a secret may stand for.
 */
export function verifyStandard(
  delivery: Delivery,
  families: readonly string[],
  signersOf: (secret: string) => readonly Signer[],
  secrets: readonly SigningSecret[],
  now: number,
): Verdict {
  const headers = signedHeaders(delivery, families);
  const signature = headers && {
    at: plainSeconds(headers.timestamp),
    isBy: (secret: string) => signersOf(secret).some((signer) => isSigned(signer, headers, delivery.body)),
  };
  return judge(delivery, signature, secrets, now);
}

/** A repeated header is one text, as Node joins most of them itself: no id or time that anybody signed. */
function oneText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}

function isSigned(signer: Signer, { id, timestamp, signature }: SignedHeaders, body: Buffer): boolean {
  const right = Buffer.from(signer.sign(id, new Date(Number(timestamp) * 1000), body), "latin1");
  // The length is no secret, and keeps a header full of nonsense cheap.
  return signature
    .split(" ")
    .some((given) => given.length === right.length && timingSafeEqual(Buffer.from(given, "latin1"), right));
}
