import { count } from "../parts/small.tsx";

/**
 * The currencies whose amounts the providers give in another unit than a hundredth. Source: Stripe, Supported currencies
 * (Polar charges by way of Stripe). Intl's own digits are no help: they follow the coins in use, so a Hungarian amount would
 * come out a hundred times too large.
 */
const WITHOUT_DECIMALS = new Set(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]);
const WITH_THREE_DECIMALS = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

/** Fractions of a cent, as metered prices have them, are shown up to here. */
const FINEST = 12;

/**
 * An amount for people: 4900 and "usd" give $49.00, 4900 and "jpy" ¥4,900.
 * @param minor in the currency's minor unit, as the providers and an Event's data give it
 * @param currency three letters, in any case; anything else is written behind the bare number
 */
export function money(minor: number, currency: string): string {
  const code = currency.toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) return `${count(minor)} ${currency}`;
  const digits = digitsOf(code);
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency: code,
    minimumFractionDigits: digits,
    maximumFractionDigits: Number.isInteger(minor) ? digits : FINEST,
  }).format(minor / 10 ** digits);
}

function digitsOf(code: string): number {
  if (WITHOUT_DECIMALS.has(code)) return 0;
  return WITH_THREE_DECIMALS.has(code) ? 3 : 2;
}
