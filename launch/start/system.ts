import { migrate } from "@mara/store";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { removeRunFile, writeRunFile, type RunFile } from "../run-file.ts";
import { APPS, startApp, untilReady, type App } from "./apps.ts";
import { build } from "./build.ts";
import type { Closers } from "./closers.ts";
import { seedDemo } from "./demo.ts";
import { ownKeys } from "./keys.ts";
import { endLeftovers } from "./leftovers.ts";
import { lockDataDir } from "./lock.ts";
import { ownPostgres, ownRedis } from "./own-services.ts";
import { checkPorts } from "./ports.ts";
import { StartProblem } from "./problem.ts";
import { supervise } from "./supervise.ts";
import { welcome } from "./welcome.ts";

export interface SystemOptions {
  /** The checkout. */
  readonly root: string;
  readonly dataDir: string;
  /** Undefined: a Postgres of its own. */
  readonly databaseUrl: string | undefined;
  /** Undefined: a Redis of its own. */
  readonly redisUrl: string | undefined;
  /** Undefined: those of the data folder. */
  readonly secretsKey: string | undefined;
  readonly adminToken: string | undefined;
  readonly host: string;
  readonly publicUrl: string;
  /** By the names of their variables. */
  readonly ports: Readonly<Record<"INGEST_PORT" | "CONSOLE_PORT" | "WORKER_PORT", number>>;
  readonly urls: Readonly<Record<App, string>>;
  readonly closers: Closers;
  readonly say: (line: string) => void;
}

/**
 * Brings up the whole system and keeps it up. What it opens it registers with `closers`, so that it closes in the opposite
 * order: apps first, services last. Throws `StartProblem` where it can't.
 */
export async function startSystem(options: SystemOptions): Promise<void> {
  const { root, dataDir, urls, closers, say } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o755 });
  await closers.add(await lockDataDir(dataDir));
  await endLeftovers(dataDir);
  await checkPorts(options.host, options.ports);
  say("Building …");
  build(root, APPS);

  const keys = await ownKeys(dataDir);
  const run: RunFile = {
    urls,
    publicUrl: options.publicUrl,
    databaseUrl: options.databaseUrl ?? "",
    redisUrl: options.redisUrl ?? "",
    secretsKey: options.secretsKey ?? keys.secretsKey,
    adminToken: options.adminToken ?? keys.adminToken,
    processes: {},
  };
  const started = (name: string) => (pid: number) => {
    run.processes[name] = pid;
    return writeRunFile(dataDir, run);
  };
  await closers.add(() => removeRunFile(dataDir));

  say("Starting …");
  if (options.databaseUrl === undefined) {
    const { url, kept } = await ownPostgres({ dataDir, keys, started: started("postgres"), say });
    run.databaseUrl = url;
    await closers.add(kept.stop);
  }
  if (options.redisUrl === undefined) {
    const { url, kept } = await ownRedis({ dataDir, keys, started: started("redis"), say });
    run.redisUrl = url;
    await closers.add(kept.stop);
  }
  await prepareDatabase(options, run);

  await Promise.all(
    APPS.map(async (app) => {
      const start = () => startApp(root, app, environmentOf(options, run), urls[app]);
      const kept = await supervise({ name: app, start, started: started(app), say });
      await closers.add(kept.stop);
      await untilReady(app, urls[app]);
    }),
  );
  say(welcome({ urls, publicUrl: options.publicUrl, adminToken: run.adminToken, dataDir }));
}

async function prepareDatabase({ root, dataDir }: SystemOptions, { databaseUrl, secretsKey }: RunFile): Promise<void> {
  try {
    await migrate(databaseUrl, join(root, "prisma/migrations"));
  } catch (cause) {
    throw new StartProblem(`The database could not be brought up to date: ${messageOf(cause)}`, { cause });
  }
  await seedDemo(dataDir, databaseUrl, secretsKey);
}

/** A refused connection comes as several errors in one, with a code and no words. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/** What an app reads: all that was set, and what this start has decided. */
function environmentOf(options: SystemOptions, run: RunFile): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NODE_ENV: process.env.NODE_ENV ?? "production",
    ...Object.fromEntries(Object.entries(options.ports).map(([name, port]) => [name, String(port)])),
    HOST: options.host,
    PUBLIC_URL: options.publicUrl,
    INGEST_URL: options.urls.ingest,
    DATABASE_URL: run.databaseUrl,
    REDIS_URL: run.redisUrl,
    SECRETS_KEY: run.secretsKey,
    ADMIN_TOKEN: run.adminToken,
  };
}
