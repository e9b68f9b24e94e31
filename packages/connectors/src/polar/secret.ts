import { Webhook } from "standardwebhooks";
import { mistakeIn, type Mistakes } from "../mistakes.ts";

/**
 * Of secrets made since 2026-06-29 (Polar's repository, polarsource/polar); older ones begin with `polar_whs_`. Stripe's begin
 * alike: nothing tells them apart.
 */
const PREFIX = "whsec_";

const WHERE = "Polar's signing secret is on the endpoint's page under Webhooks and starts with polar_whs_ or whsec_.";

const MISTAKES: Mistakes = [
  [/^\s*$/, `Nothing was pasted: ${WHERE}`],
  [/^https?:\/\//i, `That is a URL: ${WHERE}`],
  [/^polar_oat_/, `That is an organization access token of Polar's API: ${WHERE}`],
  [/^polar_pat_/, `That is a personal access token of Polar's API: ${WHERE}`],
  [/^polar_(?!whs_)/, `That is another of Polar's keys: ${WHERE}`],
  [/^(sk|rk)_(test|live)_/, `That is a secret API key of Stripe's or Clerk's: ${WHERE}`],
  [/^pk_(test|live)_/, `That is a publishable key of Stripe's or Clerk's: ${WHERE}`],
  [/[•*…]|\.{3}/, "That is the masked secret: let Polar show it, then copy all of it."],
  [/\s/, "There is white space in the secret: copy it again without spaces or line breaks."],
  [/^(?!whsec_)\w+=|^["'`]/, "That is a line of a settings file: paste only the secret, without its name and without quotes."],
  [/^(?!polar_whs_|whsec_)/, `That is not a signing secret: ${WHERE}`],
  [/[^\x21-\x7e]/, "There are characters in the secret that Polar never uses: copy it again."],
  [/^.{0,7}$|^polar_whs_$/, "That secret is cut short: copy all of it, to its last character."],
  [/^.{256}/, "That is longer than any signing secret: copy the secret alone."],
];

/** Says in one sentence what was pasted instead of a Polar signing secret; null when it can be one. Never repeats it. */
export function secretProblem(secret: string): string | null {
  return mistakeIn(MISTAKES, secret);
}

/** A fresh signing secret in the form that Polar gives them today. */
export function makeSecret(random: Buffer): string {
  return PREFIX + random.toString("base64");
}

/**
 * A signer for each key that `secret` may stand for. Polar signs with the bytes of the whole text where it made the secret
 * before 2026-09-08 (https://github.com/polarsource/polar/pull/14117) or was given it (pull/14400), otherwise with what the
 * base64 after `whsec_` holds, and nothing in the secret tells which. The newer way comes first: it is the one that Polar
 * signs with today.
 */
export function signersOf(secret: string): Webhook[] {
  return [standardSigner(secret), wholeTextSigner(secret)].filter((signer) => signer !== null);
}

function standardSigner(secret: string): Webhook | null {
  const key = secret.slice(PREFIX.length);
  if (!secret.startsWith(PREFIX) || key === "" || !isBase64(key)) return null;
  return new Webhook(secret);
}

function wholeTextSigner(secret: string): Webhook | null {
  return secret === "" ? null : new Webhook(Buffer.from(secret, "utf8"), { format: "raw" });
}

/** Padded standard base64: the only form that the library takes without throwing. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
