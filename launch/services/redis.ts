import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { freePort } from "./free-port.ts";

export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Shuts the server down in order; its data stay. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Made where it is missing. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** `redis-server` or `valkey-server`, by name or path. Default `redis-server`. */
  readonly program?: string;
  /** Server settings over the defaults, for example `{ maxmemory: "50mb" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What was acknowledged is on disk, and nothing is ever evicted. */
const DURABLE = { appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction", save: "" };

/** Starts a private Redis on 127.0.0.1. Resolves when it takes connections. */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const port = options.port ?? (await freePort());
  await mkdir(options.dataDir, { recursive: true });
  const settings = { bind: "127.0.0.1", port: String(port), dir: options.dataDir, ...DURABLE, ...options.settings };
  const child = spawn(
    options.program ?? "redis-server",
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  await ready(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (said.includes("Ready to accept connections")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Redis did not start:\n${said}`)));
  });
}
