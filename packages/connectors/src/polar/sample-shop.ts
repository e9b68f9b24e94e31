import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../json.ts";

/** What the sample shop sells, with prices in cents. */
export const PRODUCTS = {
  pro: {
    name: "Pro",
    price: 2_000,
    interval: "month",
    about: "Everything a growing product needs, for as many contacts as it has.",
  },
  business: {
    name: "Business",
    price: 5_000,
    interval: "month",
    about: "All of Pro, with single sign-on, audit logs and a person to call.",
  },
  lifetime: {
    name: "Lifetime",
    price: 10_000,
    interval: null,
    about: "Pay once, keep it: every feature of today, and all fixes to come.",
  },
} as const;

export type ProductName = keyof typeof PRODUCTS;

/** Polar's ids are UUIDs: the same words always make the same one. */
export function sampleId(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join(" ")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

/** A time as Polar writes it: ISO 8601 in UTC, to the microsecond. */
export function polarTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** The shop, which all samples are of. */
export const ORGANIZATION_ID = sampleId("organization");

export function productId(product: ProductName): string {
  return sampleId("product", product);
}

export function priceId(product: ProductName): string {
  return sampleId("price", product);
}

/** When the sample shop opened. */
const OPENED = polarTime(Date.UTC(2026, 0, 5, 9));

export function productOf(product: ProductName): JsonObject {
  const { name, interval, about } = PRODUCTS[product];
  return {
    id: productId(product),
    created_at: OPENED,
    modified_at: null,
    trial_interval: interval === null ? null : "day",
    trial_interval_count: interval === null ? null : 14,
    name,
    description: about,
    visibility: "public",
    recurring_interval: interval,
    recurring_interval_count: interval === null ? null : 1,
    meter_interval: null,
    meter_interval_count: null,
    is_recurring: interval !== null,
    is_archived: false,
    organization_id: ORGANIZATION_ID,
    metadata: {},
  };
}

export function priceOf(product: ProductName): JsonObject {
  const { price, interval } = PRODUCTS[product];
  return {
    created_at: OPENED,
    modified_at: null,
    id: priceId(product),
    source: "catalog",
    amount_type: "fixed",
    price_currency: "usd",
    tax_behavior: null,
    is_archived: false,
    product_id: productId(product),
    type: interval === null ? "one_time" : "recurring",
    recurring_interval: interval,
    price_amount: price,
  };
}

export function benefitsOf(product: ProductName): Json[] {
  return [
    {
      id: sampleId("benefit", product),
      created_at: OPENED,
      modified_at: null,
      type: "custom",
      description: "A seat in the customers' channel",
      selectable: true,
      deletable: true,
      organization_id: ORGANIZATION_ID,
      metadata: {},
      properties: { note: null },
    },
  ];
}
