import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../launch/services/free-port.ts";
import { hasEnded } from "../../launch/services/running.ts";
import { SECRETS_KEY } from "./pipeline.ts";

/** An app that runs as a process of its own. */
export interface AppProcess {
  /** Without a slash at its end. */
  readonly url: string;
  /** Sends the signal, and resolves to the exit code when the process is gone; null where it was killed. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
}

export interface AppProcesses {
  /** Starts an ingest by its own `main.ts`. Resolves when it is ready. */
  ingest(services: { databaseUrl: string; redisUrl: string }): Promise<AppProcess>;
  /** Starts a worker that gives up a dead one's jobs to others within seconds. Resolves when it takes jobs. */
  worker(services: { databaseUrl: string; redisUrl: string; clerkApiUrl?: string }): Promise<AppProcess>;
  /** Kills those that still run. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");

/** Starts apps from their sources. Whoever asks for them stops them. */
export function appProcesses(): AppProcesses {
  const children = new Set<ChildProcess>();

  function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, ["--import", "tsx", "--conditions=mara-source", join(ROOT, program), ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env, NODE_OPTIONS: "" },
    });
    children.add(child);
    child.once("exit", () => children.delete(child));
    return child;
  }

  function running(child: ChildProcess, url: string): AppProcess {
    const ended = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
    return {
      url,
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
  }

  return {
    ingest: async ({ databaseUrl, redisUrl }) => {
      const port = await freePort();
      const child = start("apps/ingest/src/main.ts", [], {
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        SECRETS_KEY,
        INGEST_PORT: String(port),
        INGEST_PROCESSES: "1",
        HOST: "127.0.0.1",
        LOG_LEVEL: "silent",
      });
      const url = `http://127.0.0.1:${port}`;
      while (!(await isReady(url))) if (hasEnded(child)) throw new Error("ingest ended before it was ready");
      return running(child, url);
    },
    worker: async ({ databaseUrl, redisUrl, clerkApiUrl = "http://127.0.0.1:9" }) => {
      const child = start("apps/worker/test/program.ts", [databaseUrl, redisUrl, clerkApiUrl], {});
      const said: unknown[] = await Promise.race([child.stdout ? once(child.stdout, "data") : [], once(child, "exit").then(() => ["it ended before it was up"])]);
      const url = String(said[0]).trim();
      if (!url.startsWith("http")) throw new Error(`the worker said: ${url}`);
      return running(child, url);
    },
    stop: async () => {
      await Promise.all([...children].map((child) => (child.kill("SIGKILL"), once(child, "exit"))));
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const isUp = await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);
  // A refused connection answers at once: asking without a pause would starve what starts.
  if (!isUp) await pause(20);
  return isUp;
}
