import cluster from "node:cluster";
import {
  createDrain,
  createLogger,
  createTracing,
  DATABASE_URL,
  DRAIN_SECONDS,
  EVENT_SHARDS,
  HOST,
  INGEST_PORT,
  INGEST_PROCESSES,
  LEDGER_HOURS,
  listenOrEnd,
  LOG_LEVEL,
  MAX_BODY_BYTES,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  readConfig,
  REDIS_REPLICAS,
  REDIS_URL,
  SECRETS_KEY,
  untilSignal,
} from "@mara/runtime";
import { readKeyring } from "@mara/store";
import { startProcesses } from "./processes.ts";
import { gatherMetrics, shareMetrics } from "./shared-metrics.ts";
import { startIngest } from "./start-ingest.ts";

const config = readConfig(
  {
    DATABASE_URL,
    DRAIN_SECONDS,
    EVENT_SHARDS,
    HOST,
    INGEST_PORT,
    INGEST_PROCESSES,
    LEDGER_HOURS,
    LOG_LEVEL,
    MAX_BODY_BYTES,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    REDIS_REPLICAS,
    REDIS_URL,
    SECRETS_KEY,
  },
  process.env,
);
const log = createLogger("ingest", config.LOG_LEVEL);
const drain = createDrain(config.DRAIN_SECONDS);

if (cluster.isPrimary && config.INGEST_PROCESSES > 1) {
  gatherMetrics();
  const processes = startProcesses(config.INGEST_PROCESSES, log, () => process.exit(1));
  // Each of them drains by itself and then has its own grace of 25 s.
  untilSignal({ log, stop: { processes: () => processes.close() }, graceMs: drain.ms + 26_000 });
} else {
  const tracing = await createTracing("ingest", config, log);
  const ingest = startIngest({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    keyring: readKeyring(config.SECRETS_KEY),
    shards: config.EVENT_SHARDS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    replicas: config.REDIS_REPLICAS,
    ledgerHours: config.LEDGER_HOURS,
    draining: drain.signal,
    log,
    tracing,
    shareMetrics: cluster.isWorker ? shareMetrics : undefined,
  });
  await ingest.warm();
  const server = await listenOrEnd(ingest.app, { host: config.HOST, port: config.INGEST_PORT, variable: "INGEST_PORT", draining: drain.signal, log });
  log.info({ url: server.url }, "ingest is up");
  untilSignal({ log, drain, stop: { server: () => server.close(), ingest: () => ingest.close(), tracing: async () => tracing?.close() } });
}
