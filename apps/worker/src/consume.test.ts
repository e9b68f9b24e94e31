import { expect, it } from "@jest/globals";
import { EVENT_ATTEMPTS } from "@mara/queue";
import { createLogger, createMetrics } from "@mara/runtime";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventWork } from "./consume.ts";
import { workerMetrics } from "./metrics.ts";
import type { Recorder } from "./record/index.ts";

const refusing: Recorder = {
  record: async () => {
    throw new Error("the table is gone");
  },
  fail: async () => "failed",
  projectPeople: async () => ({ created: 0, updated: 0, skipped: 0 }),
};

it("of a delivery that is given up after all of its attempts, each but the last counts as failed and made again", async () => {
  const registry = createMetrics();
  const metrics = workerMetrics(registry, { queues: async () => [], backfills: async () => [] });
  const { work, failed } = eventWork(refusing, metrics, createLogger("test", "silent"), null);
  const job = eventJob({ provider: "polar" });
  for (let attempt = 1; attempt <= EVENT_ATTEMPTS; attempt++) await work(job, attempt).catch(() => undefined);
  await failed(job, "failed with 42P01");
  const figures = await registry.metrics();
  expect(figures).toContain(`mara_attempts_failed_total{provider="polar"} ${EVENT_ATTEMPTS - 1}`);
  expect(figures).toContain('mara_deliveries_failed_total{provider="polar",reason="failed with 42P01"} 1');
});
