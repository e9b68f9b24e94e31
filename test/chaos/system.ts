import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { withoutOwnVariables } from "../../launch/own-variables.ts";
import { readRunFile, type RunFile } from "../../launch/run-file.ts";
import { commandOf } from "../../launch/services/command-of.ts";
import { freePort } from "../../launch/services/free-port.ts";
import { hasEnded } from "../../launch/services/running.ts";
import { untilReady as untilOneIsReady } from "../support/ready.ts";
import type { KeptCluster } from "./cluster.ts";

/** What `npm start` runs and keeps up, each a process of its own. */
export const PARTS = ["ingest", "worker", "console", "redis", "postgres"] as const;
export type Part = (typeof PARTS)[number];

/** A system that was started as `npm start` does it, on 127.0.0.1, with data of its own. */
export interface Launched {
  /** What all of it has written. */
  readonly logFile: string;
  /** Resolves when it does its work; rejects where it does not come up. */
  up(): Promise<SystemUnderTest>;
  /** Stops it in order; answers the exit code. */
  stop(): Promise<number | null>;
  /** Removes its data. */
  remove(): Promise<void>;
}

export interface SystemUnderTest {
  readonly run: RunFile;
  /** The process number of a part as of now; null where it is just being started. */
  pidOf(part: Part): Promise<number | null>;
  /** Resolves when every app says that it can do its work; rejects where one does not come to. */
  ready(): Promise<void>;
}

/** What stands in the command line of each. */
const MARKS: Readonly<Record<Part, string>> = {
  ingest: "apps/ingest/",
  worker: "apps/worker/",
  console: "apps/console/",
  redis: "-server",
  postgres: "postgres",
};

const ROOT = join(import.meta.dirname, "../..");
const STARTING_MS = 120_000;

/**
 * @param settings environment variables that differ from the defaults
 * @param cluster what it works on in place of a Redis of its own
 */
export async function launchSystem(settings: Readonly<Record<string, string>> = {}, cluster: KeptCluster | null = null): Promise<Launched> {
  const dir = await mkdtemp(join(tmpdir(), "mara-chaos-"));
  await chmod(dir, 0o755);
  const dataDir = join(dir, "data");
  const logFile = join(dir, "system.log");
  const log = await open(logFile, "a");
  const child = spawn(process.execPath, ["--conditions=mara-source", "--import", "tsx", join(ROOT, "launch/start.ts")], {
    cwd: ROOT,
    // The IPC channel ends with this process, however it ends, and the system with it.
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    env: { ...withoutOwnVariables(process.env), NODE_OPTIONS: "", DATA_DIR: dataDir, LOG_LEVEL: "info", ...(await ownPorts()), ...cluster?.settings, ...settings },
  });
  const ended = once(child, "exit");
  await log.close();
  return {
    logFile,
    up: async () => {
      const parts = PARTS.filter((part) => part !== "redis" || cluster === null);
      const system = underTest(await runFileOf(child, dataDir, logFile, parts), dataDir, cluster);
      await system.ready();
      return system;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

function underTest(run: RunFile, dataDir: string, cluster: KeptCluster | null): SystemUnderTest {
  return {
    run,
    pidOf: async (part) => {
      if (part === "redis" && cluster !== null) return cluster.pid();
      const pid = (await readRunFile(dataDir))?.processes[part] ?? null;
      // The number of one that has just died may be another's by now.
      return pid !== null && commandOf(pid).includes(MARKS[part]) ? pid : null;
    },
    ready: () => untilReady(Object.values(run.urls)),
  };
}

async function ownPorts(): Promise<Record<string, string>> {
  const names = ["INGEST_PORT", "CONSOLE_PORT", "WORKER_PORT"];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, String(await freePort())])));
}

async function runFileOf(child: ChildProcess, dataDir: string, logFile: string, parts: readonly Part[]): Promise<RunFile> {
  const deadline = Date.now() + STARTING_MS;
  for (;;) {
    const run = await readRunFile(dataDir);
    if (run && parts.every((part) => run.processes[part] !== undefined)) return run;
    if (hasEnded(child) || Date.now() > deadline) throw new Error(`the system did not come up: see ${logFile}`);
    await pause(100);
  }
}

/** Rejects after `patienceMs`: an app that never comes back is what a run is there to find, and must not keep it from ending. */
export async function untilReady(urls: readonly string[], patienceMs = STARTING_MS): Promise<void> {
  await Promise.all(urls.map((url) => untilOneIsReady(url, { patienceMs })));
}
