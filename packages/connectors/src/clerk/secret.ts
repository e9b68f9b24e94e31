import { Webhook } from "svix";

const PREFIX = "whsec_";

/** Svix makes secrets of 24 bytes and more. One of under 16 was cut short, and one of none would let anybody sign. */
const MIN_BYTES = 16;

/** What people paste instead, and what it is; the first that fits. */
const MISTAKES: readonly (readonly [pattern: RegExp, what: string])[] = [
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
  for (const [pattern, what] of MISTAKES) if (pattern.test(secret)) return `${what}: ${REMEDY}.`;
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
