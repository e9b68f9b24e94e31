/** What people paste instead of a Clerk secret key, most telling first. */
const MISTAKES: readonly (readonly [is: (key: string) => boolean, sentence: string])[] = [
  [(key) => key === "", "Nothing was pasted: copy the secret key from Clerk's API keys page."],
  [
    (key) => /^pk_(test|live)_/.test(key),
    "That is a publishable key; the secret key stands below it on Clerk's API keys page and starts with sk_live_ or sk_test_.",
  ],
  [
    (key) => key.startsWith("whsec_"),
    "That is a signing secret: it belongs in the signing secret field; the API key starts with sk_live_ or sk_test_.",
  ],
  [
    (key) => /^(polar_|rk_(test|live)_)/.test(key),
    "That is a key of Stripe or Polar; the import needs Clerk's secret key, which starts with sk_live_ or sk_test_.",
  ],
  [
    (key) => /^https?:\/\//i.test(key),
    "That is a URL; the secret key is on Clerk's API keys page and starts with sk_live_ or sk_test_.",
  ],
  [(key) => /[•*…]|\.{3}/.test(key), "That is the masked key: press the eye beside it in Clerk, then copy all of it."],
  [(key) => /\s/.test(key), "There is white space in the key: copy it again without spaces or line breaks."],
  [(key) => /^(?!sk_)\w+=|^["'`]/.test(key), "That is a line of a settings file: paste only the part that starts with sk_, without quotes."],
  [(key) => !/^sk_(test|live)_/.test(key), "That is not a Clerk secret key: those start with sk_live_ or sk_test_."],
  [(key) => !/^sk_(test|live)_[\w-]+$/.test(key), "That key is cut short or damaged: copy all of it from Clerk, to its last character."],
];

/** Says in one sentence what was pasted instead of a Clerk secret key; null when it can be one. Never repeats it. */
export function apiKeyProblem(key: string): string | null {
  return MISTAKES.find(([is]) => is(key))?.[1] ?? null;
}
