import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { Logger } from "@mara/runtime";

export interface RunningProcesses {
  /** Has each of them stop in order; resolves when all are gone. */
  close(): Promise<void>;
}

/** One that ends sooner than this after its start is not started again at once. */
const SETTLED_MS = 5_000;
const PAUSE_MS = 1_000;

/**
 * Runs this program `count` times more, all on one port: Node hands each connection to one of them. Restarts what ends, or does
 * not come to run.
 * @param giveUp one ended with status 1 before any of them ever listened: it has said why, and so would the next
 */
export function startProcesses(count: number, log: Logger, giveUp: () => void): RunningProcesses {
  let closing = false;
  let hasListened = false;

  function start(): void {
    if (closing) return;
    const startedAt = Date.now();
    let replaced = false;
    const startAnother = () => {
      if (closing || replaced) return;
      replaced = true;
      setTimeout(start, Date.now() - startedAt < SETTLED_MS ? PAUSE_MS : 0);
    };
    const worker = fork(log);
    if (worker === null) {
      startAnother();
      return;
    }
    // Unheard, one message to a process that has just ended would end this one.
    worker.on("error", (err) => {
      log.warn({ err }, "an ingest process can't be started or reached");
      // What never ran does not exit.
      if (worker.process.pid === undefined) startAnother();
    });
    worker.once("listening", () => (hasListened = true));
    worker.once("exit", (code, signal) => {
      if (closing) return;
      if (code === 1 && !hasListened) {
        closing = true;
        giveUp();
        return;
      }
      log.error({ code, signal }, "an ingest process ended; starting another");
      startAnother();
    });
  }

  for (let i = 0; i < count; i++) start();
  return {
    close: async () => {
      closing = true;
      await Promise.all(Object.values(cluster.workers ?? {}).map(stop));
    },
  };
}

/** Null where the system refuses at once. Otherwise it may still refuse by an "error". */
function fork(log: Logger): Worker | null {
  try {
    return cluster.fork();
  } catch (err) {
    log.warn({ err }, "an ingest process can't be started");
    return null;
  }
}

async function stop(worker: Worker | undefined): Promise<void> {
  if (worker === undefined || worker.isDead()) return;
  const gone = once(worker, "exit");
  worker.process.kill("SIGTERM");
  await gone;
}
