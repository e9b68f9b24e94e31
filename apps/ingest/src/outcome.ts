import type { SignatureProblem } from "@mara/connectors";
import { QUEUE_TROUBLES } from "@mara/queue";

/**
 * Why a delivery could not be made durable: what keeps it from its queue; `memory`: all bodies in hand take too much;
 * `postgres`: its tenant's secrets can't be asked for; `key`: they can't be opened.
 */
export const UNAVAILABLE_REASONS = [...QUEUE_TROUBLES, "memory", "postgres", "key"] as const;
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

/** What became of one delivery: all that ingest can answer, and `gone` where nobody is left to be answered. */
export type Outcome =
  | { readonly kind: "queued" }
  | { readonly kind: "duplicate" }
  /** `enqueued` where it was put on its queue all the same, for the facts that it carries. */
  | { readonly kind: "ignored"; readonly reason: string; readonly enqueued: boolean }
  | { readonly kind: "malformed_payload" }
  | { readonly kind: "invalid_signature"; readonly reason: SignatureProblem }
  | { readonly kind: "unknown_provider" }
  | { readonly kind: "unknown_tenant" }
  | { readonly kind: "method_not_allowed" }
  | { readonly kind: "no_signing_secret" }
  | { readonly kind: "payload_too_large" }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason }
  /** The sender went away before the end of its body. */
  | { readonly kind: "gone" };

/** What there is to answer. */
export type Answerable = Exclude<Outcome, { readonly kind: "gone" }>;

/** Why, for operators; undefined where the outcome says all. */
export function reasonOf(outcome: Outcome): string | undefined {
  return "reason" in outcome ? outcome.reason : undefined;
}
