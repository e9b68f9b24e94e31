import { setTimeout as pause } from "node:timers/promises";
import type { Running } from "../services/running.ts";

export interface Supervision {
  readonly name: string;
  /** Starts it; rejects where it does not come up. */
  start(): Promise<Running>;
  /** Called with the process number at every start. Where it rejects that is said, and the program goes on. */
  started(pid: number): Promise<void>;
  say(line: string): void;
}

export interface Supervised {
  /** Ends it in order, and for good. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** One that ran for this long was well: its next restart does not wait. */
const WELL_MS = 10_000;

/** Starts a program and starts it again whenever it ends, at growing intervals while it keeps failing. The first start must succeed. */
export async function supervise(supervision: Supervision): Promise<Supervised> {
  const { name, say } = supervision;
  const stopping = new AbortController();
  let running = await begin(supervision);

  const keepUp = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    let since = Date.now();
    while (!stopping.signal.aborted) {
      await running.ended;
      if (stopping.signal.aborted) return;
      say(`${name} ended; it is started again`);
      if (Date.now() - since > WELL_MS) pauseMs = FIRST_PAUSE_MS;
      for (;;) {
        await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        try {
          running = await begin(supervision);
          break;
        } catch (error) {
          say(`${name} did not come up: ${messageOf(error)}`);
        }
      }
      since = Date.now();
    }
  };

  const kept = keepUp();
  return {
    stop: async () => {
      stopping.abort();
      await running.stop();
      await kept;
      // It may just have been started once more.
      await running.stop();
    },
  };
}

/** Rejects only where nothing runs: a program that did start and that nobody held would stay behind. */
async function begin({ name, start, started, say }: Supervision): Promise<Running> {
  const running = await start();
  try {
    if (running.process.pid !== undefined) await started(running.process.pid);
  } catch (error) {
    say(`${name} runs, but its process number could not be written down: ${messageOf(error)}`);
  }
  return running;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
