import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../problem.ts";
import { freePort } from "./free-port.ts";
import { guard } from "./guard.ts";
import { lastLines, openLog } from "./log-file.ts";
import { findRedis } from "./redis-program.ts";
import { end, endOf, hasEnded, type Running } from "./running.ts";

export interface RunningRedis extends Running {
  readonly url: string;
  readonly port: number;
}

export interface RedisOptions {
  /** Made where it is missing. The server's log is written into it, as `redis.log`. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: none is asked for. */
  readonly password?: string;
  /** `redis-server` or `valkey-server`, by name or path. Default: whichever is there. */
  readonly program?: string;
  /** Server settings over the defaults, for example `{ maxmemory: "50mb" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long it stays when this process ended without stopping it. Default 0. */
  readonly patienceSeconds?: number;
}

/** What was acknowledged is on disk, and nothing is ever evicted. */
const DURABLE = { appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction", save: "" };

/**
 * Starts a private Redis on 127.0.0.1, in a process group of its own: a terminal's Ctrl-C does not reach it. Resolves when
 * it has loaded its data and answers. Throws `Problem` where it can't start.
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const { dataDir, password, program = findRedis() ?? "redis-server", patienceSeconds = 0 } = options;
  const port = options.port ?? (await freePort());
  const logFile = join(dataDir, "redis.log");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });

  const log = await openLog(logFile);
  const child = spawn(program, ["-"], { stdio: ["pipe", log.fd, log.fd], cwd: dataDir, detached: true });
  const ended = endOf(child);
  await log.close();
  guard(child, "TERM", patienceSeconds);
  const auth = password === undefined ? {} : { requirepass: password };
  // Over stdin, not as arguments: those can be read by everybody on the machine.
  const settings = { bind: "127.0.0.1", port: String(port), ...DURABLE, ...auth, ...options.settings };
  child.stdin?.on("error", () => {});
  child.stdin?.end(Object.entries(settings).map(([name, value]) => `${name} ${value || '""'}\n`).join(""));

  while (!(await answers(port))) {
    if (hasEnded(child) || child.pid === undefined) throw new Problem(`Redis did not start:\n${await lastLines(logFile)}`);
    await pause(20);
  }
  return { url: redisUrl(port, password), port, process: child, ended, stop: () => end(child, "SIGTERM", 20_000) };
}

/** Of a server that `startRedis` runs. */
export function redisUrl(port: number, password?: string): string {
  return `redis://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`;
}

/** Whether it would take commands. While it loads its data it answers `-LOADING`; asking for a password is an answer. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("data", (answer) => {
      resolve(/^(\+PONG|-NOAUTH)/.test(answer.toString()));
      socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(false));
  });
}
