import {
  CLERK_API_URL,
  createLogger,
  createTracing,
  DATABASE_URL,
  EVENT_SHARDS,
  HOST,
  listenOrEnd,
  LOG_LEVEL,
  MAX_BODY_BYTES,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  readConfig,
  REDIS_URL,
  RETENTION_DELIVERY_DAYS,
  RETENTION_PAYLOAD_DAYS,
  SECRETS_KEY,
  untilSignal,
  WORKER_CONCURRENCY,
  WORKER_PORT,
} from "@mara/runtime";
import { readKeyring } from "@mara/store";
import { startWorker } from "./worker.ts";

const config = readConfig(
  {
    CLERK_API_URL,
    DATABASE_URL,
    EVENT_SHARDS,
    HOST,
    LOG_LEVEL,
    MAX_BODY_BYTES,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    REDIS_URL,
    RETENTION_DELIVERY_DAYS,
    RETENTION_PAYLOAD_DAYS,
    SECRETS_KEY,
    WORKER_CONCURRENCY,
    WORKER_PORT,
  },
  process.env,
);
const log = createLogger("worker", config.LOG_LEVEL);
const tracing = await createTracing("worker", config, log);
const worker = startWorker({
  databaseUrl: config.DATABASE_URL,
  redisUrl: config.REDIS_URL,
  keyring: readKeyring(config.SECRETS_KEY),
  shards: config.EVENT_SHARDS,
  concurrency: config.WORKER_CONCURRENCY,
  maxBodyBytes: config.MAX_BODY_BYTES,
  clerkApiUrl: config.CLERK_API_URL,
  retention: { payloadDays: config.RETENTION_PAYLOAD_DAYS, deliveryDays: config.RETENTION_DELIVERY_DAYS },
  log,
  tracing,
});
const server = await listenOrEnd(worker.app, { host: config.HOST, port: config.WORKER_PORT, variable: "WORKER_PORT", log });
log.info({ url: server.url }, "the worker is up");
untilSignal({ log, stop: { worker: () => worker.close(), server: () => server.close(), tracing: async () => tracing?.close() } });
