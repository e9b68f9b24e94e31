import { PROVIDERS } from "@mara/connectors";
import type { EventJob, QueueFigures } from "@mara/queue";
import type { Registry } from "@mara/runtime";
import { Counter, Gauge, Histogram } from "prom-client";
import type { Written } from "./record/index.ts";

/** What the worker tells of its work as it goes. */
export interface WorkerMetrics {
  settled(job: EventJob, outcome: Written): void;
  /** @param written what the delivery's row says: not `failed` where its event had been recorded after all. */
  failed(job: EventJob, reason: string, written: Written): void;
  /** An attempt failed, and is made again. */
  retried(job: EventJob): void;
  committed(size: number, seconds: number): void;
  backfilled(seen: number): void;
}

/** What is asked for when somebody reads the metrics. A question that fails leaves its figures out. */
export interface WorkerFigures {
  queues(): Promise<readonly QueueFigures[]>;
  /** For each backfill that goes on, the seconds since it last got on. */
  backfills(): Promise<readonly number[]>;
}

const OUTCOMES = ["processed", "ignored", "duplicate", "failed"] as const satisfies readonly Written[];

export function workerMetrics(registry: Registry, figures: WorkerFigures): WorkerMetrics {
  const registers = [registry];
  const deliveries = new Counter({
    name: "mara_deliveries_recorded_total",
    help: "Deliveries worked off, by what became of them",
    labelNames: ["provider", "outcome"],
    registers,
  });
  const failures = new Counter({
    name: "mara_deliveries_failed_total",
    help: "Deliveries given up, by reason",
    labelNames: ["provider", "reason"],
    registers,
  });
  const retries = new Counter({
    name: "mara_attempts_failed_total",
    help: "Attempts that failed and are made again",
    labelNames: ["provider"],
    registers,
  });
  const latency = new Histogram({
    name: "mara_receipt_to_commit_seconds",
    help: "From a delivery's receipt to the commit of what came of it",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3_600],
    registers,
  });
  const sizes = new Histogram({
    name: "mara_batch_size",
    help: "Deliveries in one transaction",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
    registers,
  });
  const commits = new Histogram({
    name: "mara_commit_seconds",
    help: "Duration of a batch's transaction, waiting for Postgres included",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  });
  const users = new Counter({ name: "mara_backfill_users_total", help: "Users listed by backfills", registers });
  // What begins at zero is seen to rise with its first event.
  for (const provider of PROVIDERS) {
    for (const outcome of OUTCOMES) deliveries.inc({ provider, outcome }, 0);
    retries.inc({ provider }, 0);
  }
  gaugeQueues(registers, figures);
  gaugeBackfills(registers, figures);

  return {
    settled: (job, outcome) => {
      deliveries.inc({ provider: job.provider, outcome });
      latency.observe(Math.max(0, Date.now() - job.receivedAt) / 1_000);
    },
    failed: (job, reason, written) => {
      deliveries.inc({ provider: job.provider, outcome: written });
      if (written === "failed") failures.inc({ provider: job.provider, reason });
    },
    retried: (job) => retries.inc({ provider: job.provider }),
    committed: (size, seconds) => {
      sizes.observe(size);
      commits.observe(seconds);
    },
    backfilled: (seen) => users.inc(seen),
  };
}

/** Each gauge asks for itself: a registry reads its metrics side by side, so one can't wait for what another asked. */
function gaugeQueues(registers: Registry[], figures: WorkerFigures): void {
  new Gauge({
    name: "mara_queue_jobs",
    help: "Jobs in a queue, by state",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { queue, oldestWaitingSeconds: _, ...states } of await figures.queues().catch(() => [])) {
        for (const [state, count] of Object.entries(states)) this.set({ queue, state }, count);
      }
    },
  });
  new Gauge({
    name: "mara_queue_oldest_waiting_seconds",
    help: "How long the oldest waiting job has waited",
    labelNames: ["queue"],
    registers,
    async collect() {
      this.reset();
      for (const { queue, oldestWaitingSeconds } of await figures.queues().catch(() => [])) {
        this.set({ queue }, oldestWaitingSeconds);
      }
    },
  });
}

function gaugeBackfills(registers: Registry[], figures: WorkerFigures): void {
  new Gauge({
    name: "mara_backfills_open",
    help: "Backfills that run or wait",
    registers,
    async collect() {
      const silent = await figures.backfills().catch(() => null);
      if (silent !== null) this.set(silent.length);
    },
  });
  new Gauge({
    name: "mara_backfill_silent_seconds",
    help: "How long the open backfill that stands still for longest has not got on; 0 where none is open",
    registers,
    async collect() {
      const silent = await figures.backfills().catch(() => null);
      if (silent !== null) this.set(Math.max(0, ...silent));
    },
  });
}
