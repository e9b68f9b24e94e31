import { NO_TROUBLES, type BackfillWork } from "@mara/queue";
import { trouble, type Logger } from "@mara/runtime";
import { backfillApiKey, CannotOpen, finishBackfill, type Store } from "@mara/store";
import type { Patience, Recorder } from "../record/index.ts";
import { BackfillRefused, CLERK_RETRIES, type ClerkRetries } from "./clerk-retries.ts";
import { clerkUsers } from "./clerk-users.ts";
import { runBackfill } from "./run-backfill.ts";

export interface BackfillOptions {
  readonly store: Store;
  readonly patience: Patience;
  readonly recorder: Recorder;
  readonly log: Logger;
  readonly clerkApiUrl: string;
  /** Milliseconds that Clerk may take for a page. Default 30,000. */
  readonly pageTimeoutMs?: number;
  readonly clerkRetries?: ClerkRetries;
  /** Called with the number of users of each page written. */
  readonly onPage?: (seen: number) => void;
}

/** What people read where trouble of our own used up every attempt: the reason for it is for the log. */
const BROKE_OFF =
  "The import broke off through a fault of ours. Start the import again: whoever is here already is skipped. If it breaks off once more, tell whoever runs this server; its log says why.";

/** What a backfill's job does, from the stored key to the row's last status. */
export function backfillWork(options: BackfillOptions): BackfillWork {
  const { store, patience, recorder, log, clerkApiUrl, pageTimeoutMs = 30_000, clerkRetries = CLERK_RETRIES, onPage } = options;

  const goOn: BackfillWork["work"] = async ({ tenantId, backfillId, troubles = NO_TROUBLES }, attempt, signal) => {
    const secretKey = await patience.untilThere(() => backfillApiKey(store, tenantId)).catch(refuseSealed);
    if (secretKey === null) throw new BackfillRefused("There is no API key any more. Paste one to import again.");
    log.info({ tenantId, backfillId, attempt }, "a backfill goes on");
    const readUsers = clerkUsers({ secretKey, apiUrl: clerkApiUrl, timeoutMs: pageTimeoutMs });
    const outcome = await runBackfill({ store, patience, recorder, log, readUsers, clerkRetries, onPage }, backfillId, troubles, signal);
    if (outcome.kind === "rest") return outcome.rest;
    const atEnd = outcome.kind === "end";
    if (atEnd) await patience.untilThere(() => finishBackfill(store, backfillId, { status: "done" }));
    log.info({ tenantId, backfillId, atEnd }, "a backfill is over");
    return null;
  };

  async function fail(backfillId: string, error: string): Promise<void> {
    await patience.untilThere(() => finishBackfill(store, backfillId, { status: "failed", error }));
  }

  return {
    work: async (job, attempt, signal) => {
      try {
        return await goOn(job, attempt, signal);
      } catch (error) {
        // Written down here, where its words are known to be for people.
        if (error instanceof BackfillRefused) await fail(job.backfillId, error.message);
        throw error;
      }
    },
    failed: async ({ tenantId, backfillId }, reason) => {
      log.warn({ tenantId, backfillId, reason }, "a backfill was given up");
      await fail(backfillId, BROKE_OFF);
    },
    permanent: (error) => error instanceof BackfillRefused,
    onError: trouble(log, "the backfill queue has trouble"),
  };
}

/** A key that can't be opened now can't be in a minute either: the worker's keys are those that it was started with. */
function refuseSealed(error: unknown): never {
  if (!(error instanceof CannotOpen)) throw error;
  throw new BackfillRefused("The API key can't be opened any more: SECRETS_KEY lacks the key that sealed it. Paste it again.");
}
