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

/** Runs this program `count` times more, all on one port: Node hands each connection to one of them. Restarts what ends. */
export function startProcesses(count: number, log: Logger): RunningProcesses {
  let closing = false;

  function start(): void {
    if (closing) return;
    const startedAt = Date.now();
    const worker = cluster.fork();
    worker.once("exit", (code, signal) => {
      if (closing) return;
      log.error({ code, signal }, "an ingest process ended; starting another");
      setTimeout(start, Date.now() - startedAt < SETTLED_MS ? PAUSE_MS : 0);
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

async function stop(worker: Worker | undefined): Promise<void> {
  if (worker === undefined || worker.isDead()) return;
  const gone = once(worker, "exit");
  worker.process.kill("SIGTERM");
  await gone;
}
