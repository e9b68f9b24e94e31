import { PROVIDERS as ALL, type Provider } from "@mara/connectors";
import type { z } from "zod";

const [first = "stripe", ...others] = ALL;

/** To pick one of. */
export const PROVIDERS: readonly [Provider, ...Provider[]] = [first, ...others];

/**
 * What may be answered. `any`: all but a failure of ours. `refused`: a 4xx. A list: one of these. In each case what Node's
 * parser refuses, because it is no HTTP, is refused rightly.
 */
export type Allowed = "any" | "refused" | readonly number[];

/** How an answer must look. `text`: it is no JSON, or need not be. */
export type Form = "ingest" | "api" | "text";

/** Whose delivery a case is, when it was rightly signed. */
export interface SignedAs {
  readonly provider: string;
  /** Null where it has none that can be one. */
  readonly eventId: string | null;
}

/** One hostile request. */
export interface FuzzCase {
  /** What is odd about it, in a few words. */
  readonly what: string;
  readonly to: "ingest" | "console";
  readonly bytes: Buffer;
  /** Whether there must be an answer. */
  readonly isWhole: boolean;
  readonly allowed: Allowed;
  readonly form: Form;
  /** Of a 2xx. Null: any. */
  readonly shape: z.ZodType | null;
  /** Null: it must have no effect on any event. */
  readonly signedAs: SignedAs | null;
}

/** Stands in hostile values. It must come back in no refusal, and in no line of the log. No tenant can have it for its id. */
export const MARK = "FuzzMark";

/** Secrets that cases hand in, as a tenant's people would: nothing of them may come back. */
export const PASTED = {
  signingSecret: `whsec_${Buffer.alloc(24, 5).toString("base64")}`,
  apiKey: `sk_test_${"a".repeat(42)}`,
} as const;

/** Where no answer may send anybody. */
export const ELSEWHERE = ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example/tenants", "javascript:alert(1)"] as const;

/** The mark as markup: no page may have it as it stands. */
export const MARKUP = `<${MARK} onload="x">`;
