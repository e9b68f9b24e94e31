import type { Scalar } from "./connector.ts";
import type { Json } from "./json.ts";
import { isObject } from "./parse.ts";
import { looksSecret } from "./secret-names.ts";
import { cleanText } from "./text.ts";

/** Of one event's, and of a contact's: what lays attributes over each other names this number by its type. */
export const MAX_ATTRIBUTES = 50;

export type MaxAttributes = typeof MAX_ATTRIBUTES;

/** Metadata with more keys than this is no provider's: the rest is not looked at, so that a megabyte of keys holds nobody up. */
const MAX_LOOKED_AT = 500;
/** Longer keys are no one's custom field: dropped. Stripe (https://docs.stripe.com/metadata) and Polar (its API reference) allow 40. */
export const MAX_ATTRIBUTE_KEY = 100;
/** Longer values are cut. Stripe and Polar allow 500. */
export const MAX_ATTRIBUTE_VALUE = 1000;

/**
 * The custom fields in what a provider calls metadata: flat scalars only, no key that looks like a secret, at most 50,
 * the first ones in the order of their code units, so that the same metadata always gives the same fields.
 * Of a key that several hold, the last one counts.
 */
export function attributesOf(...metadata: readonly (Json | undefined)[]): Record<string, Scalar> {
  const scalars = new Map<string, Scalar>();
  for (const fields of metadata) {
    if (!isObject(fields)) continue;
    for (const [key, value] of Object.entries(fields)) if (isScalar(value)) scalars.set(key, value);
  }
  const inOrder = [...scalars].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_LOOKED_AT);
  const allowed = inOrder.filter(([key]) => isAttributeKey(key)).slice(0, MAX_ATTRIBUTES);
  return Object.fromEntries(allowed.map(([key, value]) => [key, typeof value === "string" ? cutText(value) : value]));
}

/** Names that mean something to JavaScript objects: no custom field is worth the danger. */
const DANGEROUS = new Set(["__proto__", "constructor", "prototype"]);

function isAttributeKey(key: string): boolean {
  return (
    key.length <= MAX_ATTRIBUTE_KEY &&
    /^[^\p{Cc}\p{Cs}]+$/u.test(key) &&
    !DANGEROUS.has(key) &&
    !looksSecret(key)
  );
}

function isScalar(value: Json | undefined): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function cutText(value: string): string {
  return cleanText(value, MAX_ATTRIBUTE_VALUE) ?? "";
}
