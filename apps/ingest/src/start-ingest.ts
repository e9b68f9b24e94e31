import { setTimeout as pause } from "node:timers/promises";
import { connectRedis, createIntake, subscribeSettingsChanges } from "@mara/queue";
import { createMetrics, trouble, type Logger, type Registry, type Tracing } from "@mara/runtime";
import { loadSecrets, loadSecretsOfAll, openStore, type Keyring } from "@mara/store";
import type { Express } from "express";
import { createApp } from "./app.ts";
import { ingestMetrics } from "./metrics.ts";
import { createBodyReader } from "./read-body.ts";
import { createReceive } from "./receive.ts";
import { createSecretCache } from "./secret-cache.ts";

export interface IngestOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly keyring: Keyring;
  /** How many event queues there are. The same number everywhere. */
  readonly shards: number;
  readonly maxBodyBytes: number;
  /** How many replicas must have a delivery before it is acknowledged. Default 0. */
  readonly replicas?: number;
  /** For how many hours a redelivery is known as one before its job is made. Default: fourteen days of them. */
  readonly ledgerHours?: number;
  /** From when on it is not ready any more, because it is about to stop. */
  readonly draining?: AbortSignal;
  readonly log: Logger;
  /** Follows each delivery. Default: nobody does. */
  readonly tracing?: Tracing | null;
  /** Where several processes share the port: lends the figures of this one, and answers how to get those of all. */
  readonly shareMetrics?: ((registry: Registry) => () => Promise<string>) | undefined;
}

export interface RunningIngest {
  /** To be listened with. */
  readonly app: Express;
  /** Resolves when the secrets of tenants are in memory, or in a moment if Postgres does not answer. */
  warm(): Promise<void>;
  /** Lets what is in hand finish. Stop the server first. */
  close(): Promise<void>;
}

/** How many tenants' secrets a process knows from the start: those that were heard of last. */
const WARM_TENANTS = 20_000;
const WARM_AGAIN_MS = 1_000;
const WARM_PATIENCE_MS = 2_000;
/** All bodies that are being read at once. */
const BODIES_TOGETHER_BYTES = 256 * 1_048_576;

/** Connects everything. Resolves at once: what it depends on may come later, and go, and come back. */
export function startIngest(options: IngestOptions): RunningIngest {
  const { log, shards, replicas, ledgerHours } = options;
  const secretsTrouble = trouble(log, "the signing secrets could not be loaded");
  const sealedTrouble = trouble(log, "signing secrets can't be opened: SECRETS_KEY lacks the key that sealed them");
  const store = openStore({
    databaseUrl: options.databaseUrl,
    keyring: options.keyring,
    poolSize: 2,
    connectTimeout: 1_000,
    queryTimeout: 1_500,
    onError: trouble(log, "a Postgres connection broke"),
  });
  const producer = connectRedis(options.redisUrl, "producer", trouble(log, "the Redis connection has trouble"));
  const subscriber = connectRedis(options.redisUrl, "subscriber", trouble(log, "the Redis subscription to changed settings has trouble"));
  const intake = createIntake(producer, { shards, replicas, ledgerHours });
  const secrets = createSecretCache({ load: (tenantIds) => loadSecrets(store, tenantIds, sealedTrouble), onError: secretsTrouble });
  subscribeSettingsChanges(subscriber, secrets.drop, secrets.doubt);

  const closing = new AbortController();
  const warmed = fill();

  async function fill(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        return await secrets.warm(() => loadSecretsOfAll(store, WARM_TENANTS, sealedTrouble));
      } catch (error) {
        secretsTrouble(error);
        await pause(WARM_AGAIN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  const registry = createMetrics();
  const ofAll = options.shareMetrics?.(registry);
  const app = createApp({
    receive: createReceive({ intake, secrets, log, maxBodyBytes: options.maxBodyBytes }),
    readBody: createBodyReader({ bytes: options.maxBodyBytes, bytesTogether: BODIES_TOGETHER_BYTES }),
    metrics: ingestMetrics(registry, { intake, secrets }),
    // Postgres is needed to begin with and not any more then. A Redis that is full or short of replicas is so for every ingest:
    // without any behind the balancer, what needs no queue would not be answered any more, and nobody would count why.
    probes: { ready: { redis: () => producer.ping(), postgres: () => warmed }, registry: ofAll ? { contentType: registry.contentType, metrics: ofAll } : registry, draining: options.draining },
    tracing: options.tracing ?? null,
    log,
  });
  return {
    app,
    warm: () => Promise.race([warmed, pause(WARM_PATIENCE_MS, undefined, { ref: false })]),
    close: async () => {
      closing.abort();
      await warmed;
      await intake.close();
      subscriber.disconnect();
      producer.disconnect();
      await store.close();
    },
  };
}
