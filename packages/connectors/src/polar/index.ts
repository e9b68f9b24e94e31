import type { Connector } from "../connector.ts";
import { identify, read } from "./event.ts";
import { mapping } from "./mapping.ts";
import { normalise } from "./normalise.ts";
import { samples } from "./samples.ts";
import { makeSecret, secretProblem } from "./secret.ts";
import { sign, verify } from "./signature.ts";

/** Polar: subscriptions and orders. Signed by the Standard Webhooks specification. */
export const polar = {
  label: "Polar",
  role: "billing",
  personKeys: { own: ["id", "customer_id"], app: ["external_id"] },
  customFields: ["metadata", "custom_field_data", "custom_field"],
  secretPrefixes: { signing: ["polar_whs_", "whsec_"], api: ["polar_"] },
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
