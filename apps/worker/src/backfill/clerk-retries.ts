import type { Troubles } from "@mara/queue";
import type { Answer } from "./clerk-users.ts";

/** A backfill can't go on, and trying again is no use. The message is for the person who pasted the key. */
export class BackfillRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BackfillRefused";
  }
}

/** How long a page is asked for again. Pauses double from the first to the longest, each cut by up to a half at random. */
export interface ClerkRetries {
  readonly firstMs: number;
  readonly longestMs: number;
  /** So many failures in a row are one too many. Being told to slow down is none, and ends the row: Clerk is there. */
  readonly tries: number;
}

/** Some twenty minutes. */
export const CLERK_RETRIES: ClerkRetries = { firstMs: 500, longestMs: 60_000, tries: 30 };

/**
 * Milliseconds to wait for a page, `waits` counting this one too, after so many `failures` in a row. Throws where waiting is
 * no use.
 */
export function waitAfter(
  trouble: Exclude<Answer, { kind: "page" | "place refused" }>,
  { waits, failures }: Troubles,
  retries: ClerkRetries,
): number {
  const backoff = Math.min(retries.longestMs, retries.firstMs * 2 ** (waits - 1)) * (0.5 + Math.random() / 2);
  switch (trouble.kind) {
    case "key refused":
      throw new BackfillRefused("Clerk refuses the API key. Paste the instance's secret key (it begins with sk_) again.");
    case "refused":
      throw new BackfillRefused(`Clerk refuses to list the users (HTTP status ${trouble.status}).`);
    case "throttled":
      return trouble.waitMs ?? backoff;
    case "away":
      if (failures >= retries.tries) throw new BackfillRefused(`Clerk could not be reached (${trouble.reason}). Start the import again later.`);
      return backoff;
    case "unreadable":
      if (failures >= retries.tries) throw new BackfillRefused("Clerk was reached, but its answer can't be read: it is no list of users. Start the import again later.");
      return backoff;
  }
}
