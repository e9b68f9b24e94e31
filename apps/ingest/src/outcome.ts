import type { SignatureProblem } from "@mara/connectors";

/** What became of one delivery: all that ingest can answer. */
export type Outcome =
  | { readonly kind: "queued" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "ignored"; readonly reason: string }
  | { readonly kind: "malformed_payload" }
  | { readonly kind: "invalid_signature"; readonly reason: SignatureProblem }
  | { readonly kind: "unknown_provider" }
  | { readonly kind: "unknown_tenant" }
  | { readonly kind: "method_not_allowed" }
  | { readonly kind: "no_signing_secret" }
  | { readonly kind: "payload_too_large" }
  | { readonly kind: "unavailable" };
