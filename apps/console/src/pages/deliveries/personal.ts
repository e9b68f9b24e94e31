import { isIP } from "node:net";
import { connectors, looksSecret } from "@mara/connectors";

/** What a value is taken for, in the word that is shown in its place. */
export const KINDS = ["e-mail", "name", "address", "phone", "IP address", "personal", "text", "custom field", "secret"] as const;
export type Kind = (typeof KINDS)[number];

const wordsOf = (key: string) => key.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

/** What people answered, and what was written down about them: nothing in such a value tells a name from another word. */
const CUSTOM_FIELDS = new Set(Object.values(connectors).flatMap(({ customFields }) => customFields.map(wordsOf)));

/** Keys by their words put together: `first_name`, `firstName` and `FIRST-NAME` are all `firstname`. The first that fits counts. */
const KEYS: readonly (readonly [Kind, RegExp])[] = [
  // Also where no connector reads any: of a payment, of a session.
  ["custom field", /metadata$/],
  ["e-mail", /e?mail(address(es)?)?s?$|^email/],
  ["IP address", /^ip$|ipaddress|^(remote|client|last)ip$/],
  ["phone", /phone|mobile|msisdn|whatsapp|^(tel|fax)(number)?$/],
  ["name", /username$|^(first|last|full|middle|given|family|sur|maiden|nick|display|screen|public|legal|customer|client|member|person|contact|owner|holder|cardholder|account|accountholder|billing|shipping|recipient|business|company|individual|buyer|payer|sender|author)+names?$/],
  ["address", /address(es)?$|^(street|city|town|suburb|postal(code)?|post(al)?code|zip(code)?|line[12]|shipping|location|lat|latitude|lng|lon|longitude|coordinates|geo)$/],
  ["personal", /birth|^(dob|age|gender|sex|pronouns?|nationality|religion|ssn|iban|bic|swift)$|passport|licen[cs]e(number)?$|national(id|number)|tax(id|number)s?$|^vat(id|number)?$|last4|fingerprint|(account|routing|card|document)number|useragent|^(cardholder|signature)$/],
  ["text", /comment|^(description|notes?|memo|message|bio|about|footer)$/],
];

/** What says nothing of a person where it is said of a product, a plan and the like. */
const OF_THINGS = new Set(["name", "names", "nickname", "description"]);

/** What a key says its value is; null where nothing speaks against showing it. `isThing`: of a product, a plan and the like. */
export function kindOfKey(key: string, isThing: boolean): Kind | null {
  // What ends so tells of a secret, and is none: when a password was changed, whether a card's code was right.
  if (looksSecret(key)) return /_(?:at|check|enabled)$/.test(key) ? null : "secret";
  const words = wordsOf(key);
  if (CUSTOM_FIELDS.has(words)) return "custom field";
  if (isThing && OF_THINGS.has(words)) return null;
  if (words === "name" || words === "names") return "name";
  return KEYS.find(([, form]) => form.test(words))?.[0] ?? null;
}

const PREFIXES = new Set(Object.values(connectors).flatMap(({ secretPrefixes: { signing, api } }) => [...signing, ...api]));

/** What begins as the providers' secrets do, or as others' that are well known. */
const PREFIXED = new RegExp(`\\b(?:${[...PREFIXES].map(literal).join("|")}|(?:ghp|xox[abp]|pat|oat|token|key)_)[\\w+/=-]{4,}`, "gi");

function literal(text: string): string {
  return text.replace(/[^\w\s]/g, "\\$&");
}

/** Values that give themselves away wherever they stand. Every form is bounded, so that no text takes long. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  // Links to invoices and check-outs open for whoever has them: only where they lead is told.
  [/(?<=\bhttps?:\/\/[^\s/?#"'<>@]{1,255})[/?#][^\s"'<>]{1,2000}/gi, "/…"],
  // A link that signs in, also where it is cut before its host: a name and a colon, and no port.
  [/(?<=\b[a-z][a-z\d+.-]{1,20}:\/\/)(?:[^\s/?#@"'<>]{1,2000}@[^\s"'<>]{0,2000}|[^\s/?#@:"'<>[]{0,255}:(?!\d{1,5}$)[^\s/?#@"'<>]{1,2000}$)/gi, "[secret]"],
  [PREFIXED, "[secret]"],
  [/\w{2,64}_secret_\w{2,128}/gi, "[secret]"],
  [/\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?/g, "[secret]"],
  [/\b(?:bearer|basic) [\w.~+/=-]{8,}/gi, "[secret]"],
  [/-----BEGIN [A-Z ]{3,40}-----[^-]{0,2000}/g, "[secret]"],
  [/\bAKIA[0-9A-Z]{12,}/g, "[secret]"],
  // Also one of which a part was taken for a secret: the rest of it tells whose it is.
  [/(?:\[secret\]|[^\s@<>"'(),:;[\]]){1,64}@(?:\[secret\]|[^\s@<>"'(),:;[\]]){1,255}/g, "[e-mail]"],
  [/\+\d[\d ().-]{6,20}\d/g, "[phone]"],
];

/** A text without what gives itself away. */
export function withoutPersonal(text: string): string {
  return VALUES.reduce((left, [form, instead]) => left.replace(form, instead), text)
    .replace(/[\w+/=-]{32,}/g, (word) => (isOpaque(word) ? "[secret]" : word))
    .replace(/[0-9a-f:.]{3,45}/gi, (part) => (isIP(part.replace(/\.+$/, "")) === 0 ? part : "[IP address]"));
}

/** Where Stripe's API has a list, of ids and words: `/v1/invoices/in_1MtHbELkdIwHu7ix/lines`. */
function isApiPath(word: string): boolean {
  return /^\/v\d(?:\/(?:[a-z_]{1,40}|[a-z]{2,12}_(?:test_)?[a-z0-9]{1,64})){1,6}$/i.test(word);
}

/** Letters and digits without sense: a key or a token. The ids of providers' objects name their kind. */
function isOpaque(word: string): boolean {
  if (!/\d/.test(word) || !/[a-z]/i.test(word) || isApiPath(word)) return false;
  return !/^(?:(?:subscription|customer|invoice)=)?[a-z]{2,12}_(?:test_|live_)?[a-z0-9_]+$/i.test(word) && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word);
}
