import { Webhook } from "svix";
import { mistakeIn, type Mistakes } from "../mistakes.ts";

const PREFIX = "whsec_";

/**
 * Standard Webhooks asks for secrets of 24 bytes and more (spec/standard-webhooks.md of its repository), and Svix makes none
 * that are shorter. One of under 16 was cut short, and one of none would let anybody sign.
 */
const MIN_BYTES = 16;

const MISTAKES: Mistakes = [
  [/^$/, "Nothing was pasted"],
  [/^sk_(test|live)_/, "That is a secret key, which belongs in the API key field"],
  [/^pk_(test|live)_/, "That is a publishable key"],
  [/^polar_/, "That is a secret of Polar's"],
  [/^https?:/i, "That is a URL"],
  [/^-----BEGIN/, "That is a public key"],
  [/^eyJ[\w-]*\./, "That is a session token"],
  [/[•*…]|\.\.\./, "That secret is masked, so press the eye beside it first"],
  [/\s/, "There is white space in that"],
  [/^(?!whsec_)\w+=|^["'`]/, "That is a line of a settings file, and only what follows the = without quotes is the secret"],
  [/^(?!whsec_)/, "That is no signing secret"],
  [/^.{256}/, "That is longer than any signing secret"],
];

const REMEDY = "copy the signing secret, which starts with whsec_, from the endpoint's page under Webhooks in Clerk";

/** Says in one sentence what was pasted instead of a Clerk signing secret; null when it can be one. Never repeats it. */
export function secretProblem(secret: string): string | null {
  const mistake = mistakeIn(MISTAKES, secret);
  if (mistake !== null) return `${mistake}: ${REMEDY}.`;
  if (signerOf(secret)) return null;
  return isBase64(secret.slice(PREFIX.length))
    ? "That secret is cut short: copy all of it from Clerk, to its last character."
    : "What follows whsec_ is not base64: copy the whole secret from Clerk again.";
}

/** A fresh signing secret in Svix's form. */
export function makeSecret(random: Buffer): string {
  return PREFIX + random.toString("base64");
}

/** Svix's own signer for `secret`; null where it can't be a signing secret. */
export function signerOf(secret: string): Webhook | null {
  if (!secret.startsWith(PREFIX)) return null;
  const key = secret.slice(PREFIX.length);
  return isBase64(key) && Buffer.byteLength(key, "base64") >= MIN_BYTES ? new Webhook(secret) : null;
}

/** Padded standard base64: the only form that Svix's library takes without throwing. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
