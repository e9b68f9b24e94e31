import cluster from "node:cluster";
import {
  createLogger,
  createTracing,
  DATABASE_URL,
  EVENT_SHARDS,
  HOST,
  INGEST_PORT,
  INGEST_PROCESSES,
  listen,
  LOG_LEVEL,
  MAX_BODY_BYTES,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  readConfig,
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
    EVENT_SHARDS,
    HOST,
    INGEST_PORT,
    INGEST_PROCESSES,
    LOG_LEVEL,
    MAX_BODY_BYTES,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    REDIS_URL,
    SECRETS_KEY,
  },
  process.env,
);
const log = createLogger("ingest", config.LOG_LEVEL);

if (cluster.isPrimary && config.INGEST_PROCESSES > 1) {
  gatherMetrics();
  const processes = startProcesses(config.INGEST_PROCESSES, log);
  untilSignal({ log, stop: { processes: () => processes.close() } });
} else {
  const tracing = await createTracing("ingest", config, log);
  const ingest = startIngest({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    keyring: readKeyring(config.SECRETS_KEY),
    shards: config.EVENT_SHARDS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    log,
    tracing,
    shareMetrics: cluster.isWorker ? shareMetrics : undefined,
  });
  await ingest.warm();
  const server = await listen(ingest.app, { host: config.HOST, port: config.INGEST_PORT });
  log.info({ url: server.url }, "ingest is up");
  untilSignal({ log, stop: { server: () => server.close(), ingest: () => ingest.close(), tracing: async () => tracing?.close() } });
}
