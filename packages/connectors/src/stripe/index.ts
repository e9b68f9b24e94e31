import type { Connector } from "../connector.ts";
import { identify, read } from "./event.ts";
import { mapping } from "./mapping.ts";
import { normalise } from "./normalise.ts";
import { samples } from "./samples/index.ts";
import { makeSecret, secretProblem } from "./secret.ts";
import { sign, verify } from "./signature.ts";

/** Stripe: subscriptions, invoices, refunds and checkouts, in the shapes before and since the API version Basil. */
export const stripe = {
  label: "Stripe",
  role: "billing",
  personKeys: { own: ["id", "customer"], app: ["client_reference_id"] },
  customFields: ["metadata", "custom_fields"],
  secretPrefixes: { signing: ["whsec_"], api: ["sk_", "rk_"] },
  verify,
  identify,
  read,
  normalise,
  secretProblem,
  makeSecret,
  sign,
  samples,
  mapping,
} as const satisfies Connector;
