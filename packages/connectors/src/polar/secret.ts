import { Webhook } from "standardwebhooks";

/** Of secrets made since 2026-06-29; older ones begin with `polar_whs_`. Stripe's begin alike: nothing tells them apart. */
const PREFIX = "whsec_";

/** Nothing shorter is a secret, only the beginning of one. */
const MIN_LENGTH = 8;
/** Polar's are under 60 characters long. */
const MAX_LENGTH = 255;

const WHERE = "Polar's signing secret is on the endpoint's page under Webhooks and starts with polar_whs_ or whsec_.";

/** What people paste instead, most telling first. */
const MISTAKES: readonly (readonly [is: (secret: string) => boolean, sentence: string])[] = [
  [(s) => s.trim() === "", `Nothing was pasted: ${WHERE}`],
  [(s) => /^https?:\/\//i.test(s), `That is a URL: ${WHERE}`],
  [(s) => s.startsWith("polar_oat_"), `That is an organization access token of Polar's API: ${WHERE}`],
  [(s) => s.startsWith("polar_pat_"), `That is a personal access token of Polar's API: ${WHERE}`],
  [(s) => s.startsWith("polar_") && !s.startsWith("polar_whs_"), `That is another of Polar's keys: ${WHERE}`],
  [(s) => /^(sk|rk)_(test|live)_/.test(s), `That is a secret API key of Stripe's or Clerk's: ${WHERE}`],
  [(s) => /^pk_(test|live)_/.test(s), `That is a publishable key of Stripe's or Clerk's: ${WHERE}`],
  [(s) => /[•*…]|\.{3}/.test(s), "That is the masked secret: let Polar show it, then copy all of it."],
  [(s) => /\s/.test(s), "There is white space in the secret: copy it again without spaces or line breaks."],
  [
    (s) => /^(?!whsec_)\w+=|^["'`]/.test(s),
    "That is a line of a settings file: paste only the secret, without its name and without quotes.",
  ],
  [(s) => !/^(polar_whs_|whsec_)/.test(s), `That is not a signing secret: ${WHERE}`],
  [(s) => !/^[\x21-\x7e]+$/.test(s), "There are characters in the secret that Polar never uses: copy it again."],
  [(s) => s.length < MIN_LENGTH || s === "polar_whs_", "That secret is cut short: copy all of it, to its last character."],
  [(s) => s.length > MAX_LENGTH, "That is longer than any signing secret: copy the secret alone."],
];

/** Says in one sentence what was pasted instead of a Polar signing secret; null when it can be one. Never repeats it. */
export function secretProblem(secret: string): string | null {
  for (const [is, sentence] of MISTAKES) if (is(secret)) return sentence;
  return null;
}

/** A fresh signing secret in the form that Polar gives them today. */
export function makeSecret(random: Buffer): string {
  return PREFIX + random.toString("base64");
}

/**
 * A signer for each key that `secret` may stand for. Endpoints made before 2026-09-08 are signed with the bytes of the
 * whole text, newer ones with what the base64 after `whsec_` holds, and nothing in the secret tells which.
 * The newer way comes first: it is the one that Polar signs with today.
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
