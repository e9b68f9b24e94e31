import { migrate } from "@mara/store";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { createRunFile, type RunFile } from "../run-file.ts";
import type { Running } from "../services/running.ts";
import { APPS, startApp, untilReady, type App } from "./apps.ts";
import { build } from "./build.ts";
import type { Closers } from "./closers.ts";
import { openDataDir } from "./data-dir.ts";
import { seedDemo } from "./demo.ts";
import { environmentOf } from "./environment.ts";
import { ownKeys } from "./keys.ts";
import { endLeftovers } from "./leftovers.ts";
import { lockDataDir } from "./lock.ts";
import { ownPostgres, ownRedis } from "./own-services.ts";
import { checkPorts } from "./ports.ts";
import { untilPostgresAnswers } from "./reach-postgres.ts";
import { untilRedisAnswers } from "./reach-redis.ts";
import { Problem } from "../problem.ts";
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
 * order: apps first, services last. Throws `Problem` where it can't.
 */
export async function startSystem(options: SystemOptions): Promise<void> {
  const { root, dataDir, urls, closers, say } = options;
  await openDataDir(dataDir);
  await closers.open(() => lockDataDir(dataDir), (unlock) => unlock());
  await endLeftovers(root, dataDir);
  await checkPorts(options.host, options.ports);
  if (options.databaseUrl !== undefined) await untilPostgresAnswers(options.databaseUrl);
  // Three apps would each complain of it, every few milliseconds.
  if (options.redisUrl !== undefined) await untilRedisAnswers(options.redisUrl);
  say("Building …");
  await build(root, APPS);

  const keys = await ownKeys(dataDir, options.databaseUrl === undefined);
  const known = {
    urls,
    publicUrl: options.publicUrl,
    databaseUrl: options.databaseUrl ?? "",
    redisUrl: options.redisUrl ?? "",
    secretsKey: options.secretsKey ?? keys.secretsKey,
    adminToken: options.adminToken ?? keys.adminToken,
  };
  const run = await closers.open(
    () => createRunFile(dataDir, known),
    (file) => file.remove(),
  );
  const keepUp = (name: string, start: () => Promise<Running>) =>
    closers.open(
      () => supervise({ name, start, say, started: (pid) => run.update({ processes: { [name]: pid } }) }),
      (kept) => kept.stop(),
    );

  say("Starting …");
  if (options.databaseUrl === undefined) {
    const postgres = await ownPostgres(dataDir, keys);
    await keepUp("postgres", postgres.start);
    await run.update({ databaseUrl: postgres.url });
    const place = await realpath(join(dataDir, "postgres"));
    if (!place.startsWith(await realpath(dataDir))) say(`Postgres keeps its data in ${place}: its account may not enter ${dataDir}.`);
  }
  if (options.redisUrl === undefined) {
    const redis = await ownRedis(dataDir, keys, say);
    // By its address the next start knows it again, should this one be killed.
    await run.update({ redisUrl: redis.url });
    await keepUp("redis", redis.start);
  }
  await prepareDatabase(options, run.now());
  await Promise.all(
    APPS.map(async (app) => {
      await keepUp(app, () => startApp(root, app, environmentOf(app, options, run.now()), urls[app]));
      await untilReady(app, urls[app]);
    }),
  );
  say(welcome({ urls, publicUrl: options.publicUrl, adminToken: run.now().adminToken, dataDir }));
}

async function prepareDatabase({ root, dataDir, say }: SystemOptions, { databaseUrl, secretsKey }: RunFile): Promise<void> {
  try {
    await migrate(databaseUrl, join(root, "prisma/migrations"), (what) => say(`Waiting for ${what} …`));
  } catch (cause) {
    throw new Problem(`The database could not be brought up to date: ${messageOf(cause)}`, { cause });
  }
  await seedDemo(dataDir, databaseUrl, secretsKey);
}

/** A refused connection comes as several errors in one, with a code and no words. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return error.message || ("code" in error ? String(error.code) : error.name);
}
