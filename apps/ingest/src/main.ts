import {
  createLogger,
  DATABASE_URL,
  EVENT_SHARDS,
  HOST,
  INGEST_PORT,
  listen,
  LOG_LEVEL,
  MAX_BODY_BYTES,
  readConfig,
  REDIS_URL,
  SECRETS_KEY,
  untilSignal,
} from "@mara/runtime";
import { readKeyring } from "@mara/store";
import { startIngest } from "./start-ingest.ts";

const config = readConfig(
  { DATABASE_URL, EVENT_SHARDS, HOST, INGEST_PORT, LOG_LEVEL, MAX_BODY_BYTES, REDIS_URL, SECRETS_KEY },
  process.env,
);
const log = createLogger("ingest", config.LOG_LEVEL);
const ingest = startIngest({
  databaseUrl: config.DATABASE_URL,
  redisUrl: config.REDIS_URL,
  keyring: readKeyring(config.SECRETS_KEY),
  shards: config.EVENT_SHARDS,
  maxBodyBytes: config.MAX_BODY_BYTES,
  log,
});
const server = await listen(ingest.app, { host: config.HOST, port: config.INGEST_PORT });
log.info({ url: server.url }, "ingest is up");
untilSignal({ log, stop: { server: () => server.close(), ingest: () => ingest.close() } });
