import type { Connector } from "../connector.ts";
import { identify, read } from "./event.ts";
import { mapping } from "./mapping.ts";
import { normalise } from "./normalise.ts";
import { samples } from "./samples.ts";
import { makeSecret, secretProblem } from "./secret.ts";
import { sign, verify } from "./signature.ts";

/** Clerk: who the tenant's people are. Signed by Svix. */
export const clerk = {
  label: "Clerk",
  role: "accounts",
  personKeys: { own: ["id", "user_id"], app: ["external_id"] },
  customFields: ["public_metadata", "private_metadata", "unsafe_metadata"],
  secretPrefixes: { signing: ["whsec_"], api: ["sk_"] },
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

export { readClerkUser, type ClerkUser } from "./user.ts";
