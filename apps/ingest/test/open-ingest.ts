import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectors, PROVIDERS, type Connector, type Provider, type Sample } from "@mara/connectors";
import { connectRedis, createDesk, eventJob, type Desk, type EventJob, type RedisConnection } from "@mara/queue";
import { createLogger, listen } from "@mara/runtime";
import { createTenant, openStore, readKeyring, saveIntegration, type Keyring, type Store } from "@mara/store";
import { startIngest } from "@mara/ingest";
import { startRedis, type RunningRedis } from "../../../launch/services/redis.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { makeSecrets } from "../../../test/support/provider-client.ts";
import { untilReady } from "../../../test/support/ready.ts";
import { freshDatabase } from "../../../test/support/services.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface OpenIngest {
  readonly url: string;
  readonly store: Store;
  readonly redisUrl: string;
  /** Sends Redis a signal; resolves when it is gone, where the signal ends it. */
  signalRedis(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): Promise<void>;
  /** Starts a Redis again that was killed, on what it had written. */
  startRedisAgain(): Promise<void>;
  readonly connection: RedisConnection;
  readonly desk: Desk;
  readonly secrets: Readonly<Record<Provider, string>>;
  /** Lines of the log, as they were written. */
  readonly log: readonly string[];
  /** Posts `body` as it is. `path` as it goes over the wire. */
  post(path: string, body: string | Uint8Array<ArrayBuffer>, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** Posts a signed delivery of the tenant `demo`, or as `changes` say. */
  deliver(provider: Provider, sample: Pick<Sample, "id" | "body">, changes?: Changes): Promise<Answered>;
  /** What waits in the queues. */
  jobs(): Promise<EventJob[]>;
  close(): Promise<void>;
}

export interface Changes {
  readonly tenantId?: string;
  readonly secret?: string;
  /** When it was signed, epoch milliseconds. Default: now. */
  readonly at?: number;
}

export interface IngestSettings {
  readonly maxBodyBytes?: number;
  /** Leads ingest to its Postgres by another way. */
  readonly databaseUrl?: (url: string) => string | Promise<string>;
  /** What ingest opens secrets with. Default: what they are sealed with. */
  readonly keyring?: Keyring;
}

const KEYRING = readKeyring(Buffer.alloc(32, 7).toString("base64"));

/** A sample of a provider's event type, as the connectors make them. */
export function sampleOf(provider: Provider, type: string, seed = randomBytes(6).toString("hex")): Sample {
  const { samples }: Connector = connectors[provider];
  const make = samples[type];
  if (!make) throw new Error(`${provider} has no sample of ${type}`);
  return make({ at: Date.now(), seed });
}

/** Ingest on a free port, over a Postgres and a Redis of its own, with a tenant `demo` that has a secret of each provider. */
export async function openIngest(settings: IngestSettings = {}): Promise<OpenIngest> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "mara-redis-"));
  let redis: RunningRedis = await startRedis({ dataDir });
  const store = openStore({ databaseUrl: database.url, keyring: KEYRING });
  const secrets = makeSecrets();
  await createTenant(store, { id: "demo", name: "Demo" });
  for (const provider of PROVIDERS) await saveIntegration(store, "demo", provider, { signingSecret: secrets[provider] });

  const connection = connectRedis(redis.url, "producer", () => undefined);
  const desk = createDesk(connection, { shards: 1 });
  const log: string[] = [];
  const ingest = startIngest({
    databaseUrl: (await settings.databaseUrl?.(database.url)) ?? database.url,
    redisUrl: redis.url,
    keyring: settings.keyring ?? KEYRING,
    shards: 1,
    maxBodyBytes: settings.maxBodyBytes ?? 100_000,
    log: createLogger("ingest", "debug", { write: (line: string) => void log.push(line) }),
  });
  const server = await listen(ingest.app, { host: "127.0.0.1", port: 0 });
  await untilReady(server.url);
  await eventually(() => connection.status, (status) => status === "ready");

  const post: OpenIngest["post"] = async (path, body, headers = {}) => {
    const response = await fetch(server.url + path, { method: "POST", body, headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  return {
    url: server.url,
    store,
    redisUrl: redis.url,
    signalRedis: async (signal) => {
      const { process } = redis;
      process.kill(signal);
      if (signal === "SIGKILL") await once(process, "exit");
    },
    startRedisAgain: async () => {
      redis = await startRedis({ dataDir, port: redis.port });
    },
    connection,
    desk,
    secrets,
    log,
    post,
    deliver: (provider, sample, { tenantId = "demo", secret = secrets[provider], at = Date.now() } = {}) =>
      post(`/api/webhooks/${provider}/${tenantId}`, sample.body, connectors[provider].sign(sample, secret, at)),
    jobs: async () => {
      await eventually(() => connection.status, (status) => status === "ready");
      const jobs = await Promise.all(desk.queues.map((queue) => queue.getJobs(["waiting", "prioritized"])));
      return jobs.flat().map(({ data }) => eventJob.parse(data));
    },
    close: async () => {
      await server.close();
      await ingest.close();
      await desk.close();
      connection.disconnect();
      await store.close();
      redis.process.kill("SIGCONT");
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
      await database.drop();
    },
  };
}
