import type { UpkeepWork } from "@mara/queue";
import { codeOf, trouble, type Logger } from "@mara/runtime";
import { CannotOpen, resealSecrets, sweepOld, troubledIntegrations, type RetentionPolicy, type Store } from "@mara/store";

/** In one line of the log. */
const MOST_NAMED = 20;

export interface UpkeepOptions {
  readonly store: Store;
  readonly retention: RetentionPolicy;
  readonly failed: UpkeepWork["failed"];
  readonly log: Logger;
  /** Called when what was past its time is gone, whatever becomes of the rest. */
  readonly onSwept: () => void;
}

/**
 * What the scheduled jobs do: remove what is past its time, name the integrations that somebody should look at, and seal
 * with the newest key what an older one sealed.
 */
export function upkeepWork({ store, retention, failed, log, onSwept }: UpkeepOptions): UpkeepWork {
  return {
    sweepOld: async (signal) => {
      try {
        const { secrets: expired, ...gone } = await sweepOld(store, retention, { signal });
        signal.throwIfAborted();
        // By itself, so that nothing else that goes wrong can hide whether personal data are removed in time.
        onSwept();
        log.info({ ...gone, expired }, "what was past its time is gone");
        await nameTroubled(store, log);
        signal.throwIfAborted();
        await reseal(store, log);
      } catch (error) {
        // Nothing is amiss: whoever starts next goes on.
        if (signal.aborted) throw error;
        log.warn({ code: codeOf(error) }, "upkeep failed; it is tried again at its next time");
        throw error;
      }
    },
    failed,
    onError: trouble(log, "the upkeep queue has trouble"),
  };
}

/** What can't be opened stays so until somebody acts, so it fails nothing: it is named here, and counted in the metrics. */
async function reseal(store: Store, log: Logger): Promise<void> {
  try {
    log.info({ resealed: await resealSecrets(store) }, "secrets are sealed with the newest key");
  } catch (error) {
    if (!(error instanceof CannotOpen)) throw error;
    nameSealed(error, log);
  }
}

async function nameTroubled(store: Store, log: Logger): Promise<void> {
  const { silent, rejected } = await troubledIntegrations(store);
  if (silent.length > 0) {
    log.warn({ count: silent.length, integrations: silent.slice(0, MOST_NAMED) }, "integrations that used to flow are silent");
  }
  if (rejected.length > 0) {
    log.warn({ count: rejected.length, integrations: rejected.slice(0, MOST_NAMED) }, "integrations have most of their deliveries rejected");
  }
}

/** Says who has to paste something again, unless a key was only left out of `SECRETS_KEY`. */
function nameSealed({ places }: CannotOpen, log: Logger): void {
  log.warn({ count: places.length, sealed: places.slice(0, MOST_NAMED) }, "secrets and API keys can't be opened: SECRETS_KEY lacks the key that sealed them");
}
