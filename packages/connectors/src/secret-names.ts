/** What gives a secret away anywhere in a word; `secretary` is one who keeps them. */
const IN_A_WORD =
  /secret(?!ar)|token|passw(or)?d|passphrase|passcode|passkey|credential|authorization|bearer|cookie|mnemonic|sessid/;

/** What only counts as a word of its own, with or without a number behind it. */
const WORDS = new Set([
  "pass", "pwd", "pw", "pin", "pincode", "otp", "totp", "hotp", "mfa", "tfa", "auth", "oauth", "jwt", "hmac", "dsn",
  "cvv", "cvc", "ssn", "iban", "ibans",
]);

/** Names of two words, which people write apart or together: `card_number`, `cardNumber`, `cardnumber`. */
const OF_TWO_WORDS = new RegExp(
  [
    "^((credit|debit)card|cardnumber|sessionid|2fa",
    "(recovery|backup|security|verification)code|(seed|recovery|backup)phrase|seedwords?",
    "connectionstring|connstr|(database|db|postgres|postgresql|mysql|mongo|mongodb|redis|amqp)(url|uri))s?$",
  ].join("|"),
);

/** Keys in one word. Other words with a key in them may be animals. */
const KEY_IN_A_WORD =
  /(api|auth|access|private|signing|encryption|decryption|master|service|webhook|deploy|ssh|gpg|pgp|licen[cs]e|stripe|openai)key/;

/**
 * Whose key is only a name, or is meant to be seen. Of all other keys there is no telling: the key of a vendor, of a
 * licence, an account or a device opens something, and is named after whatever it opens.
 */
const PLAIN_KEYS = new Set([
  "public", "publishable",
  "primary", "foreign", "natural", "surrogate", "composite", "unique", "sort", "partition", "idempotency", "dedupe",
  "plan", "price", "tier", "feature", "flag", "entitlement", "lookup", "locale", "translation",
]);

/**
 * Whether a key names a password, token, key or the like, in whatever spelling: `api_key`, `apiKey`, `API-Key`, `apikey`.
 * Words are looked at one by one, because what stands across two of them is chance: `photo_kenya` holds no token.
 */
export function looksSecret(key: string): boolean {
  const words = wordsOf(key);
  return words.some((word, i) => isSecretWord(word) || (i > 0 && isSecretAfter(words[i - 1] ?? "", word)));
}

function isSecretWord(word: string): boolean {
  return IN_A_WORD.test(word) || WORDS.has(word) || OF_TWO_WORDS.test(word) || KEY_IN_A_WORD.test(word);
}

function isSecretAfter(before: string, word: string): boolean {
  return OF_TWO_WORDS.test(before + word) || (/^keys?$/.test(word) && !PLAIN_KEYS.has(before));
}

/** In lower case, and without the number that may stand behind a word. */
function wordsOf(key: string): string[] {
  return key
    .replace(/([\p{Ll}\p{N}])(\p{Lu})|(\p{Lu})(?=\p{Lu}\p{Ll}{2})/gu, "$1$3 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => word.replace(/(?<=\p{L})\p{N}+$/u, ""));
}
