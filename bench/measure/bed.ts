import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { createTenant, migrate, openStore, readKeyring, saveIntegration, type Store } from "@mara/store";
import { freePort } from "../../launch/services/free-port.ts";
import { startPostgres, type RunningPostgres } from "../../launch/services/postgres.ts";
import { NODE_FLAGS } from "../../launch/start/apps.ts";
import { startRedis, type RunningRedis } from "../../launch/services/redis.ts";
import { makeSecrets } from "../../test/support/provider-client.ts";

/** As docs/scaling.md has it. */
const QUARTER_OF_MEMORY = `${Math.floor(totalmem() / 4 / 1_048_576)}MB`;

const ROOT = join(import.meta.dirname, "../..");

/** What a benchmark lies on: Postgres and Redis as durable as the real ones, a store, tenants with secrets. */
export interface Bed {
  readonly dir: string;
  readonly postgres: RunningPostgres;
  readonly redis: RunningRedis;
  readonly store: Store;
  readonly secrets: Readonly<Record<Provider, string>>;
  readonly tenants: readonly string[];
  /** Starts a built app; resolves when it is ready. `port` is where it answers. */
  app(name: "ingest" | "worker", env?: Readonly<Record<string, string>>): Promise<RunningProgram>;
  /** Starts a TypeScript program of the bench. */
  program(path: string, env: Readonly<Record<string, string>>, output?: "pipe"): RunningProgram;
  /** Starts a program that stands somewhere else. */
  script(path: string, env: Readonly<Record<string, string>>): RunningProgram;
  close(): Promise<void>;
}

export interface RunningProgram {
  readonly pid: number;
  readonly port: number;
  /** All that it wrote to a piped output, once it has ended. Throws where it failed. */
  said(): Promise<string>;
  stop(): Promise<void>;
}

export async function makeBed(tenantCount: number): Promise<Bed> {
  const dir = await mkdtemp(join(tmpdir(), "mara-bench-"));
  await chmod(dir, 0o755);
  const postgres = await startPostgres({
    dataDir: join(dir, "postgres"),
    settings: { shared_buffers: QUARTER_OF_MEMORY, max_wal_size: "4GB", track_commit_timestamp: "on", max_connections: "100" },
  });
  const redis = await startRedis({ dataDir: join(dir, "redis") });
  await migrate(postgres.url, join(ROOT, "prisma/migrations"));
  const secretsKey = randomBytes(32).toString("base64");
  const store = openStore({ databaseUrl: postgres.url, keyring: readKeyring(secretsKey) });
  const secrets = makeSecrets();
  const tenants = Array.from({ length: tenantCount }, (_, i) => `bench-${i}`);
  for (const id of tenants) {
    await createTenant(store, { id, name: id });
    for (const provider of PROVIDERS) await saveIntegration(store, id, provider, { signingSecret: secrets[provider] });
  }
  const started: RunningProgram[] = [];
  const env = {
    PATH: process.env.PATH ?? "",
    NODE_ENV: "production",
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    SECRETS_KEY: secretsKey,
    ADMIN_TOKEN: randomBytes(16).toString("hex"),
    LOG_LEVEL: "warn",
  };
  const run = (args: readonly string[], port: number, more: Readonly<Record<string, string>>, output: "pipe" | "inherit" = "inherit"): RunningProgram => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...env, ...more }, stdio: ["ignore", output, "inherit"] });
    const program = { pid: child.pid ?? 0, port, said: () => saidBy(child), stop: () => stop(child) };
    started.push(program);
    return program;
  };
  return {
    dir,
    postgres,
    redis,
    store,
    secrets,
    tenants,
    app: async (name, more = {}) => {
      const port = await freePort();
      const ports = { INGEST_PORT: String(port), WORKER_PORT: String(port) };
      const program = run([...NODE_FLAGS, join(ROOT, "apps", name, "dist/main.js")], port, { ...ports, ...more });
      await untilAnswers(`http://127.0.0.1:${port}/readyz`);
      return program;
    },
    program: (path, more, output) =>
      run(["--import", "tsx", "--conditions=mara-source", join(ROOT, path)], Number(more.PORT ?? 0), more, output),
    script: (path, more) => run([path], Number(more.PORT ?? 0), more),
    close: async () => {
      for (const program of started) await program.stop();
      await store.close();
      await redis.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function saidBy(child: ChildProcess): Promise<string> {
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`a program of the bench ended with ${code}`);
  return said;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

/** Resolves when something answers 200 there. Throws after half a minute. */
export async function untilAnswers(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const status = await fetch(url).then((answer) => answer.status, () => 0);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await pause(50);
  }
}

/** How many deliveries were recorded. One that was given up is none, though its job is done. */
export async function countRecorded(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ n: string }>("SELECT count(*) AS n FROM deliveries WHERE outcome IN ('processed', 'ignored')");
  return Number(rows[0]?.n ?? 0);
}
