import { createConsole } from "@mara/console";
import { startIngest } from "@mara/ingest";
import { connectRedis, createDesk } from "@mara/queue";
import { createLogger, listen } from "@mara/runtime";
import { openStore, readKeyring, type Store } from "@mara/store";
import { startWorker } from "@mara/worker";
import { once } from "node:events";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { ConsoleClient } from "./console-client.ts";
import { eventually } from "./eventually.ts";
import { ADMIN_TOKEN, SECRETS_KEY } from "./keys.ts";
import { makeSecrets, sampleOf, sendSigned, type IngestAnswer, type Secrets, type Sending } from "./provider-client.ts";
import { untilReady } from "./ready.ts";
import { freshDatabase, freshRedis } from "./services.ts";

export { ADMIN_TOKEN, SECRETS_KEY };

export interface PipelineSettings {
  /** Default: a database of its own. */
  readonly databaseUrl?: string;
  /** Default: a Redis of its own. */
  readonly redisUrl?: string;
  /** How many ingest instances. Default 1. */
  readonly ingests?: number;
  /** How many workers that run from the start. Default 1. */
  readonly workers?: number;
  readonly maxBodyBytes?: number;
  readonly clerkApiUrl?: string;
  /** Milliseconds after which another worker takes a dead one's jobs. */
  readonly lockDuration?: number;
  /** Where all the logs go, and at which level. Default: nowhere. */
  readonly logs?: { readonly level: string; write(line: string): void };
}

/** A tenant with a signing secret for each provider, and what its providers can do. */
export interface PipelineTenant {
  readonly id: string;
  readonly token: string;
  readonly secrets: Secrets;
  /** Sends an event to the nth ingest instance, signed. */
  send(provider: Provider, event: { readonly id: string; readonly body: string }, sending?: Sending, ingest?: number): Promise<IngestAnswer>;
  /** Sends one of the connectors' samples, by its name. */
  sendSample(provider: Provider, name: string, seed?: string): Promise<IngestAnswer>;
  /** Resolves when nothing is pending. */
  settled(): Promise<void>;
}

export interface Pipeline {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly ingestUrls: readonly [string, ...string[]];
  readonly consoleUrl: string;
  /** The console's API, as the operator. */
  readonly api: ConsoleClient;
  /** Straight into the database, for what the API does not tell. */
  readonly store: Store;
  tenant(): Promise<PipelineTenant>;
  /** Starts another worker. */
  startWorker(): Promise<void>;
  /** Stops every worker. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

/** The whole pipeline in this process, over real HTTP, Postgres and Redis. */
export async function openPipeline(settings: PipelineSettings = {}): Promise<Pipeline> {
  const closers: (() => Promise<unknown>)[] = [];
  const databaseUrl = settings.databaseUrl ?? (await opened(freshDatabase(), (database) => database.drop())).url;
  const redisUrl = settings.redisUrl ?? (await opened(freshRedis(), (redis) => redis.stop())).url;
  const keyring = readKeyring(SECRETS_KEY);
  const shared = { databaseUrl, redisUrl, keyring, shards: 1 };
  const logOf = (app: string) => createLogger(app, settings.logs?.level ?? "silent", settings.logs);

  const store = await opened(openStore({ databaseUrl, keyring }), (open) => open.close());
  const workers: ReturnType<typeof startWorker>[] = [];
  closers.push(() => stopWorkers());
  const [firstIngest, ...otherIngests] = await Promise.all(Array.from({ length: settings.ingests ?? 1 }, ingest));
  if (firstIngest === undefined) throw new Error("a pipeline has an ingest");
  const consoleUrl = await console();
  for (let i = 0; i < (settings.workers ?? 1); i++) await work();

  const api = new ConsoleClient(consoleUrl, ADMIN_TOKEN);
  const ingestUrls = [firstIngest, ...otherIngests] as const;
  let tenants = 0;

  async function opened<T>(open: T | Promise<T>, close: (open: T) => Promise<unknown>): Promise<T> {
    const resource = await open;
    closers.push(() => close(resource));
    return resource;
  }

  async function ingest(): Promise<string> {
    const running = await opened(startIngest({ ...shared, maxBodyBytes: settings.maxBodyBytes ?? 1_048_576, log: logOf("ingest") }), (one) => one.close());
    const server = await opened(listen(running.app, { host: "127.0.0.1", port: 0 }), (open) => open.close());
    await untilReady(server.url);
    return server.url;
  }

  async function console(): Promise<string> {
    const redis = await opened(connectRedis(redisUrl, "producer", () => undefined), async (open) => open.disconnect());
    if (redis.status !== "ready") await once(redis, "ready");
    const desk = await opened(createDesk(redis, { shards: 1 }), (open) => open.close());
    const stopping = new AbortController();
    const app = createConsole(
      {
        store,
        desk,
        redis,
        log: logOf("console"),
        adminToken: ADMIN_TOKEN,
        publicUrl: "https://hooks.example.com",
        ingestUrl: firstIngest ?? "",
        trustedProxies: "loopback",
        stopping: stopping.signal,
      },
      { postgres: () => store.pool.query("SELECT 1"), redis: () => redis.ping() },
    );
    const server = await opened(listen(app, { host: "127.0.0.1", port: 0 }), (open) => open.close());
    closers.push(async () => stopping.abort());
    return server.url;
  }

  async function work(): Promise<void> {
    const worker = startWorker({
      ...shared,
      maxBodyBytes: 1_048_576,
      clerkApiUrl: settings.clerkApiUrl ?? "http://127.0.0.1:9",
      retention: { payloadDays: 30, deliveryDays: 90 },
      log: logOf("worker"),
      ...(settings.lockDuration !== undefined && { lockDuration: settings.lockDuration }),
    });
    workers.push(worker);
    await worker.ready();
  }

  async function stopWorkers(): Promise<void> {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  }

  async function tenant(): Promise<PipelineTenant> {
    const { id, token } = await api.createTenant(`tenant-${++tenants}`);
    const secrets = makeSecrets();
    for (const provider of PROVIDERS) await api.saveIntegration(id, provider, { signingSecret: secrets[provider] });
    const send: PipelineTenant["send"] = (provider, event, sending, instance = 0) =>
      sendSigned(ingestUrls[instance] ?? firstIngest ?? "", id, provider, event, secrets[provider], sending);
    return {
      id,
      token,
      secrets,
      send,
      sendSample: (provider, name, seed = "one") => send(provider, sampleOf(provider, name, { at: Date.now(), seed })),
      settled: async () => {
        await eventually(() => api.pending(id), (pending) => pending === 0);
      },
    };
  }

  return {
    databaseUrl,
    redisUrl,
    ingestUrls,
    consoleUrl,
    api,
    store,
    tenant,
    startWorker: work,
    stopWorkers,
    close: async () => {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
    },
  };
}
