import {
  ADMIN_TOKEN,
  CLERK_API_URL,
  CONSOLE_PORT,
  createLogger,
  DATA_DIR,
  DATABASE_URL,
  DRAIN_SECONDS,
  EVENT_SHARDS,
  HOST,
  INGEST_PORT,
  INGEST_PROCESSES,
  INGEST_URL,
  LEDGER_HOURS,
  localUrl,
  LOG_LEVEL,
  MAX_BODY_BYTES,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  PUBLIC_URL,
  publicUrl,
  readConfig,
  REDIS_REPLICAS,
  REDIS_URL,
  RETENTION_DELIVERY_DAYS,
  RETENTION_PAYLOAD_DAYS,
  SECRETS_KEY,
  TRUSTED_PROXIES,
  untilSignal,
  WORKER_CONCURRENCY,
  WORKER_PORT,
} from "@mara/runtime";
import { dirname, resolve } from "node:path";
import { createClosers } from "./start/closers.ts";
import { Problem } from "./problem.ts";
import { startSystem } from "./start/system.ts";

// `npm start`: everything on one machine, from nothing. The story is in start/system.ts.

const inProduction = process.env.NODE_ENV === "production";
// Those of the apps as well, which would name what is malformed only after everything else was started.
const config = readConfig(
  {
    DATABASE_URL: DATABASE_URL.optional(),
    REDIS_URL: REDIS_URL.optional(),
    DATA_DIR,
    INGEST_PORT,
    CONSOLE_PORT,
    WORKER_PORT,
    HOST,
    PUBLIC_URL,
    TRUSTED_PROXIES,
    // Keys that are made here are lost with the folder: in production they must come from a safer place.
    SECRETS_KEY: inProduction ? SECRETS_KEY : SECRETS_KEY.optional(),
    ADMIN_TOKEN: inProduction ? ADMIN_TOKEN : ADMIN_TOKEN.optional(),
    CLERK_API_URL,
    MAX_BODY_BYTES,
    LOG_LEVEL,
    EVENT_SHARDS,
    WORKER_CONCURRENCY,
    RETENTION_PAYLOAD_DAYS,
    RETENTION_DELIVERY_DAYS,
    INGEST_PROCESSES,
    INGEST_URL,
    REDIS_REPLICAS,
    LEDGER_HOURS,
    DRAIN_SECONDS,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  },
  process.env,
);

const say = (line: string) => void process.stdout.write(`${line}\n`);
// Whoever reads this may be gone (`| head`, a closed terminal): then it says nothing more, and goes on.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
const closers = createClosers();
untilSignal({
  log: createLogger("start", "warn"),
  stop: {
    system: async () => {
      say("Stopping …");
      await closers.closeAll();
      say("Stopped.");
    },
  },
  // Each of the three apps may take its own.
  graceMs: 100_000,
});
// The terminal was closed: everything is stopped in order, as on Ctrl-C.
process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"));

const root = dirname(import.meta.dirname);
try {
  await startSystem({
    root,
    dataDir: resolve(root, config.DATA_DIR),
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    secretsKey: config.SECRETS_KEY,
    adminToken: config.ADMIN_TOKEN,
    host: config.HOST,
    publicUrl: publicUrl(config),
    ports: { INGEST_PORT: config.INGEST_PORT, CONSOLE_PORT: config.CONSOLE_PORT, WORKER_PORT: config.WORKER_PORT },
    urls: {
      ingest: localUrl(config.HOST, config.INGEST_PORT),
      console: localUrl(config.HOST, config.CONSOLE_PORT),
      worker: localUrl(config.HOST, config.WORKER_PORT),
    },
    closers,
    say,
  });
} catch (error) {
  if (!closers.isClosing()) {
    process.stderr.write(`${error instanceof Problem ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
    await closers.closeAll();
    process.exit(1);
  }
}
