import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface WorkerProcess {
  /** Of its probes. */
  readonly url: string;
  /** Resolves with its exit code; null where it was killed. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export interface WorkerProcesses {
  /** Resolves when the worker takes jobs. `maxHeapMb` is all the heap that it gets. */
  start(options: { databaseUrl: string; redisUrl: string; clerkApiUrl?: string; maxHeapMb?: number }): Promise<WorkerProcess>;
  /** Kills those that still run. */
  stop(): Promise<void>;
}

/** Starts workers as processes of their own, from their sources. */
export function workerProcesses(): WorkerProcesses {
  const children = new Map<ChildProcess, Promise<number | null>>();
  return {
    start: async ({ databaseUrl, redisUrl, clerkApiUrl = "http://127.0.0.1:9", maxHeapMb }) => {
      const heap = maxHeapMb === undefined ? [] : [`--max-old-space-size=${maxHeapMb}`, "--max-semi-space-size=32"];
      const child = spawn(
        process.execPath,
        [...heap, "--import", "tsx", "--conditions=mara-source", join(import.meta.dirname, "program.ts"), databaseUrl, redisUrl, clerkApiUrl],
        // Jest reads of a heap that is full on its own standard error, takes it for its own, and gives the whole file up.
        { stdio: ["ignore", "pipe", maxHeapMb === undefined ? "inherit" : "ignore"], env: { ...process.env, NODE_OPTIONS: "" } },
      );
      const ended = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
      children.set(child, ended);
      const said: unknown[] = await Promise.race([once(child.stdout, "data"), ended.then(() => ["it ended before it was up"])]);
      const url = String(said[0]).trim();
      if (!url.startsWith("http")) throw new Error(url);
      return { url, ended, kill: (signal) => void child.kill(signal) };
    },
    stop: async () => {
      for (const child of children.keys()) child.kill("SIGKILL");
      await Promise.all(children.values());
      children.clear();
    },
  };
}
