import { createHash } from "node:crypto";
import type { SampleOptions } from "../../connector.ts";
import type { JsonObject } from "../../json.ts";

export const DAY = 86_400;

/** The names of one seed: whatever is made from it is of one customer, with one subscription, invoice, charge and session. */
export interface Names {
  readonly customer: string;
  readonly subscription: string;
  readonly item: string;
  readonly invoice: string;
  readonly charge: string;
  readonly paymentIntent: string;
  readonly session: string;
  readonly email: string;
  readonly name: string;
  /** The tenant's own id for the customer. */
  readonly appId: string | null;
}

export function namesOf({ seed, person }: SampleOptions): Names {
  return {
    customer: person?.externalId ?? `cus_${seed}`,
    subscription: `sub_1${seed}`,
    item: `si_${seed}`,
    invoice: `in_1${seed}`,
    charge: `ch_3${seed}`,
    paymentIntent: `pi_3${seed}`,
    session: `cs_test_a1${seed}`,
    email: person?.email ?? `${seed.toLowerCase()}@example.com`,
    name: person?.name ?? "Ada Lovelace",
    appId: person?.appId ?? null,
  };
}

/** A time as Stripe writes it: whole seconds. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** Twenty-four letters and digits that look like any of Stripe's, and are always the same for the same words. */
export function randomLooking(...words: readonly string[]): string {
  return createHash("sha256").update(words.join(" ")).digest("base64").replace(/[+/=]/g, "").slice(0, 24);
}

/** The custom fields that the tenant attached to the subscription. */
export function metadataOf({ seed }: SampleOptions): JsonObject {
  return { workspace: `ws_${seed}`, acquired_by: "newsletter" };
}

export function customerOf(options: SampleOptions): JsonObject {
  const { customer, email, name } = namesOf(options);
  return {
    id: customer,
    object: "customer",
    address: addressOf(),
    balance: 0,
    created: secondsOf(options.at),
    currency: "usd",
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email,
    invoice_prefix: randomLooking("prefix", options.seed).slice(0, 8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name,
    next_invoice_sequence: 2,
    phone: null,
    preferred_locales: ["en-GB"],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}

export function addressOf(): JsonObject {
  return { city: "London", country: "GB", line1: "12 St James's Square", line2: null, postal_code: "SW1Y 4JH", state: null };
}
