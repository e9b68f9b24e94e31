import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { withoutOwnVariables } from "../../launch/own-variables.ts";
import { freePort } from "../../launch/services/free-port.ts";
import { hasEnded } from "../../launch/services/running.ts";
import { NODE_FLAGS } from "../../launch/start/apps.ts";
import { ADMIN_TOKEN, SECRETS_KEY } from "./keys.ts";
import { untilReady } from "./ready.ts";

/** An app that runs as a process of its own. */
export interface AppProcess {
  /** Without a slash at its end. */
  readonly url: string;
  /** Resolves to the exit code when the process is gone; null where it was killed. */
  readonly ended: Promise<number | null>;
  /** Sends the signal, and resolves as `ended` does. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  /** Starts it again at the same place, once it has ended. Resolves when it is ready. */
  again(): Promise<AppProcess>;
}

/** Each with the variable that its port is in. */
const PORTS = { ingest: "INGEST_PORT", worker: "WORKER_PORT", console: "CONSOLE_PORT" } as const;
export type AppName = keyof typeof PORTS;

export interface AppProcesses {
  /** Starts an app by its own `main.js`. Resolves when it is ready. */
  app(name: AppName, env: Readonly<Record<string, string>>): Promise<AppProcess>;
  /** Starts an ingest by its own `main.js`. Resolves when it is ready. */
  ingest(services: { databaseUrl: string; redisUrl: string }): Promise<AppProcess>;
  /** Starts a worker that gives up a dead one's jobs to others within seconds. Resolves when it takes jobs. */
  worker(services: WorkerServices): Promise<AppProcess>;
  /** Kills those that still run. */
  stop(): Promise<void>;
}

export interface WorkerServices {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly clerkApiUrl?: string;
  /** All the room for old objects that it gets. Its own complaints about too little of it are not heard. */
  readonly maxHeapMb?: number;
}

const ROOT = join(import.meta.dirname, "../..");

/** Starts apps as they are built, which the test run's global set-up sees to. Whoever asks for them stops them. */
export function appProcesses(): AppProcesses {
  const children = new Set<ChildProcess>();

  function start(command: readonly string[], env: NodeJS.ProcessEnv, isSilent = false): ChildProcess {
    const child = spawn(process.execPath, command, {
      cwd: ROOT,
      // Jest reads of a heap that is full on its own standard error, takes it for its own, and gives the whole file up.
      stdio: ["ignore", "pipe", isSilent ? "ignore" : "inherit"],
      env: { ...withoutOwnVariables(process.env), ...env, NODE_OPTIONS: "" },
    });
    children.add(child);
    child.once("exit", () => children.delete(child));
    return child;
  }

  async function app(name: AppName, env: Readonly<Record<string, string>>, port?: number): Promise<AppProcess> {
    const ownPort = port ?? (await freePort());
    const child = start([join(ROOT, "apps", name, "dist/main.js")], {
      SECRETS_KEY,
      ADMIN_TOKEN,
      INGEST_PROCESSES: "1",
      HOST: "127.0.0.1",
      LOG_LEVEL: "silent",
      ...env,
      [PORTS[name]]: String(ownPort),
    });
    const url = `http://127.0.0.1:${ownPort}`;
    await untilReady(url, { hasEnded: () => hasEnded(child) });
    return running(child, url, () => app(name, env, ownPort));
  }

  function running(child: ChildProcess, url: string, again: () => Promise<AppProcess>): AppProcess {
    const ended = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
    return {
      url,
      ended,
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
      again,
    };
  }

  async function worker(services: WorkerServices): Promise<AppProcess> {
    const { databaseUrl, redisUrl, clerkApiUrl = "http://127.0.0.1:9", maxHeapMb } = services;
    const flags = maxHeapMb === undefined ? [] : [...NODE_FLAGS, `--max-old-space-size=${maxHeapMb}`];
    const program = join(ROOT, "apps/worker/test/program.mjs");
    const child = start([...flags, program, databaseUrl, redisUrl, clerkApiUrl], { SECRETS_KEY }, flags.length > 0);
    const said: unknown[] = await Promise.race([child.stdout ? once(child.stdout, "data") : [], once(child, "exit").then(() => ["it ended before it was up"])]);
    const url = String(said[0]).trim();
    if (!url.startsWith("http")) throw new Error(`the worker said: ${url}`);
    return running(child, url, () => worker(services));
  }

  return {
    app: (name, env) => app(name, env),
    ingest: ({ databaseUrl, redisUrl }) => app("ingest", { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }),
    worker,
    stop: async () => {
      await Promise.all([...children].map((child) => (child.kill("SIGKILL"), once(child, "exit"))));
    },
  };
}
