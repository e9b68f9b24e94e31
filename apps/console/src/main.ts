import { connectRedis, createDesk } from "@mara/queue";
import {
  ADMIN_TOKEN,
  CONSOLE_PORT,
  createDrain,
  createLogger,
  DATABASE_URL,
  DRAIN_SECONDS,
  EVENT_SHARDS,
  HOST,
  INGEST_PORT,
  INGEST_URL,
  listenOrEnd,
  LOG_LEVEL,
  PUBLIC_URL,
  publicUrl,
  readConfig,
  REDIS_URL,
  SECRETS_KEY,
  TRUSTED_PROXIES,
  untilSignal,
} from "@mara/runtime";
import { openStore, readKeyring } from "@mara/store";
import { createConsole } from "./app.ts";

const config = readConfig(
  {
    ADMIN_TOKEN,
    CONSOLE_PORT,
    DATABASE_URL,
    DRAIN_SECONDS,
    EVENT_SHARDS,
    HOST,
    INGEST_PORT,
    INGEST_URL,
    LOG_LEVEL,
    PUBLIC_URL,
    REDIS_URL,
    SECRETS_KEY,
    TRUSTED_PROXIES,
  },
  process.env,
);
const log = createLogger("console", config.LOG_LEVEL);
const drain = createDrain(config.DRAIN_SECONDS);

const store = openStore({
  databaseUrl: config.DATABASE_URL,
  keyring: readKeyring(config.SECRETS_KEY),
  onError: (err) => log.warn({ err }, "a connection to Postgres broke"),
});
const redis = connectRedis(config.REDIS_URL, "producer", (err) => log.warn({ err }, "Redis is away"));
const stopping = new AbortController();
const desk = createDesk(redis, { shards: config.EVENT_SHARDS });

const app = createConsole(
  {
    store,
    desk,
    redis,
    log,
    adminToken: config.ADMIN_TOKEN,
    publicUrl: publicUrl(config),
    ingestUrl: config.INGEST_URL ?? `http://127.0.0.1:${config.INGEST_PORT}`,
    trustedProxies: config.TRUSTED_PROXIES,
    stopping: stopping.signal,
  },
  { postgres: () => store.pool.query("SELECT 1"), redis: () => redis.ping() },
  drain.signal,
);
const server = await listenOrEnd(app, { host: config.HOST, port: config.CONSOLE_PORT, variable: "CONSOLE_PORT", draining: drain.signal, log });
log.info({ url: server.url }, "the console listens");

untilSignal({
  log,
  drain,
  stop: {
    streams: async () => stopping.abort(),
    server: () => server.close(),
    queues: () => desk.close(),
    redis: async () => redis.disconnect(),
    store: () => store.close(),
  },
});
