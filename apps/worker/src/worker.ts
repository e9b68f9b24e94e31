import {
  connectRedis,
  createDesk,
  queueFigures,
  readJoblessDeliveries,
  redisFigures,
  workBackfills,
  workEvents,
  workUpkeep,
  type Purpose,
} from "@mara/queue";
import { createMetrics, trouble, type Logger, type Tracing } from "@mara/runtime";
import { countUnopenable, loadActiveBackfills, openStore, saveJoblessDeliveries, troubledIntegrations, type Keyring, type RetentionPolicy } from "@mara/store";
import type { Express } from "express";
import { createApp } from "./app.ts";
import { backfillWork, reviveBackfills } from "./backfill/index.ts";
import { eventWork } from "./consume.ts";
import { followJobs } from "./follow.ts";
import { jobsThatFit } from "./in-hand.ts";
import { workerMetrics } from "./metrics.ts";
import { createPatience, createRecorder } from "./record/index.ts";
import { serviceMetrics } from "./service-metrics.ts";
import { upkeepWork } from "./upkeep.ts";

export interface WorkerOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly keyring: Keyring;
  /** Number of event queues, the same for every process. */
  readonly shards: number;
  /** Event jobs in hand at once. Default: as many as fit into the heap. */
  readonly concurrency?: number | undefined;
  /** The largest body that ingest takes. */
  readonly maxBodyBytes: number;
  readonly clerkApiUrl: string;
  readonly retention: RetentionPolicy;
  readonly log: Logger;
  /** Follows each delivery that ingest followed. Default: nobody does. */
  readonly tracing?: Tracing | null;
  /** Milliseconds without a sign of life after which another worker takes a job. */
  readonly lockDuration?: number;
  /** Milliseconds that Clerk may take for a page. */
  readonly pageTimeoutMs?: number;
}

export interface RunningWorker {
  /** Probes and metrics. */
  readonly app: Express;
  /** Resolves when it takes jobs. */
  ready(): Promise<void>;
  /** Takes no more work, finishes what is in hand or gives it back to the queue, and lets everything go. */
  close(): Promise<void>;
}

/** How long closing waits for an absent Postgres before what is in hand goes back to the queue. */
const GRACE_MS = 5_000;
const BACKFILLS_AT_ONCE = 4;

/** Starts everything that a worker process does. */
export function startWorker(options: WorkerOptions): RunningWorker {
  const { log, shards, keyring, databaseUrl, retention, clerkApiUrl, pageTimeoutMs, lockDuration } = options;
  const store = openStore({ databaseUrl, keyring, onError: trouble(log, "a Postgres connection broke") });
  const connect = (purpose: Purpose) =>
    connectRedis(options.redisUrl, purpose, trouble(log, `the Redis connection of the ${purpose} has trouble`));
  const [taking, reading, asking] = [connect("worker"), connect("reader"), connect("producer")];

  const registry = createMetrics();
  const metrics = workerMetrics(registry, {
    queues: () => queueFigures(reading, { shards }),
    backfills: async () => {
      const now = Date.now();
      return (await loadActiveBackfills(store)).map(({ progressAt }) => (now - progressAt) / 1_000);
    },
  });
  const services = serviceMetrics(registry, {
    redis: () => redisFigures(reading),
    integrations: () => troubledIntegrations(store),
    sealed: () => countUnopenable(store),
  });
  const patience = createPatience(log);
  const following = options.tracing ? followJobs(options.tracing) : null;
  const recorder = createRecorder({ store, log, patience, onCommit: metrics.committed, onBatch: following?.batch });
  const desk = createDesk(asking, { shards });
  const lock = lockDuration === undefined ? {} : { lockDuration };
  const onEvent = eventWork(recorder, metrics, log, following);
  const onBackfill = backfillWork({
    store,
    patience,
    recorder,
    log,
    clerkApiUrl,
    onPage: metrics.backfilled,
    ...(pageTimeoutMs !== undefined && { pageTimeoutMs }),
  });

  const events = workEvents(taking, { shards, concurrency: options.concurrency ?? jobsThatFit(options.maxBodyBytes), ...lock }, onEvent);
  const backfills = workBackfills(taking, { concurrency: BACKFILLS_AT_ONCE, ...lock }, onBackfill);
  const upkeep = workUpkeep(
    taking,
    { shards, deliveryDays: retention.deliveryDays, ...lock },
    upkeepWork({ store, retention, failed: onEvent.failed, log, onSwept: services.swept }),
  );
  const jobless = readJoblessDeliveries(taking, {
    keep: (batch) => saveJoblessDeliveries(store, batch),
    onError: trouble(log, "the jobless deliveries have trouble"),
  });
  const revival = reviveBackfills(store, desk, log);

  return {
    app: createApp({
      registry,
      ready: { postgres: () => store.pool.query("SELECT 1"), redis: () => reading.ping() },
      log,
    }),
    ready: async () => {
      await Promise.all([events.ready(), backfills.ready(), upkeep.ready()]);
    },
    close: async () => {
      const impatient = setTimeout(() => patience.end(), GRACE_MS);
      await Promise.all([events, backfills, upkeep, jobless, revival].map((part) => part.close()));
      clearTimeout(impatient);
      await desk.close();
      for (const connection of [taking, reading, asking]) connection.disconnect();
      await store.close();
    },
  };
}
