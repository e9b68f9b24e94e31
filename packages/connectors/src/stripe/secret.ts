import { mistakeIn, type Mistakes } from "../mistakes.ts";

const PREFIX = "whsec_";

const MISTAKES: Mistakes = [
  [/^$/, "Nothing was pasted"],
  [/\s/, "There is white space in that"],
  [/^sk_/, "That is a secret API key"],
  [/^rk_/, "That is a restricted API key"],
  [/^pk_/, "That is a publishable key"],
  [/^polar_/, "That is a secret of Polar's"],
  [/^https?:/i, "That is a URL"],
  [/^we_|^ed_/, "That is the id of the webhook endpoint, not its secret"],
  [/^(price|prod|plan|cus|sub|acct|evt|in|ch|pi|cs)_/, "That is the id of one of Stripe's objects"],
  [/[•*…]|\.\.\./, "That secret is masked, so reveal it first"],
  [/^\w+=|^["'`]/, "That is a line of a settings file, and only what follows the = without quotes is the secret"],
  [/^(?!whsec_)/, "That is no signing secret"],
  [/^.{256}/, "That is longer than any signing secret"],
  [/[^\x21-\x7e]/, "There are characters in that which no signing secret has"],
  [/^whsec_.{0,7}$/, "That secret is cut short"],
];

const REMEDY = "copy the signing secret, which starts with whsec_, from the endpoint's page under Webhooks in Stripe";

/** Says in one sentence what was pasted instead of a Stripe signing secret; null when it can be one. Never repeats it. */
export function secretProblem(secret: string): string | null {
  const mistake = mistakeIn(MISTAKES, secret);
  return mistake === null ? null : `${mistake}: ${REMEDY}.`;
}

/** A fresh signing secret in Stripe's form: letters and digits only. */
export function makeSecret(random: Buffer): string {
  return PREFIX + random.toString("hex");
}
