import { codeOf, type Logger } from "@mara/runtime";
import { isOldSchema, isPassing } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Postgres is away or not migrated, or a stream held, and the process is about to stop: the work has to be done by another one. */
export class Closing extends Error {
  constructor() {
    super("the worker is closing while this waits for Postgres");
    this.name = "Closing";
  }
}

/**
 * Waits for Postgres, also for one that is yet to be migrated: somebody started this version first, and what it can't record
 * on the older schema is not what is wrong. One a process, so that an outage is one.
 */
export interface Patience {
  /** Runs `work` again for as long as it fails for reasons that pass by themselves. Throws what else it threw, or `Closing`. */
  untilThere<T>(work: () => Promise<T>): Promise<T>;
  /** From now on nothing waits: work is tried once. */
  end(): void;
  /** Whether it was ended. */
  readonly isOver: boolean;
}

/** Pauses grow from attempt to attempt. The log hears once of an outage, and once of its end. */
export function createPatience(log: Logger): Patience {
  const over = new AbortController();
  let awaySince: number | null = null;

  function away(error: unknown): void {
    const what = isOldSchema(error) ? "the database is older than this worker; waiting until it is migrated" : "Postgres does not answer; waiting for it";
    if (awaySince === null) log.warn({ code: codeOf(error) }, what);
    awaySince ??= Date.now();
  }

  function back(): void {
    if (awaySince !== null) log.info({ seconds: Math.round((Date.now() - awaySince) / 1_000) }, "Postgres answers again");
    awaySince = null;
  }

  return {
    untilThere: async (work) => {
      for (let attempt = 0; ; attempt++) {
        try {
          const done = await work();
          back();
          return done;
        } catch (error) {
          if (!isPassing(error) && !isOldSchema(error)) throw error;
          if (over.signal.aborted) throw new Closing();
          away(error);
          const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
          await pause(longest * (0.5 + Math.random() / 2), undefined, { signal: over.signal }).catch(() => undefined);
        }
      }
    },
    end: () => over.abort(),
    get isOver() {
      return over.signal.aborted;
    },
  };
}
