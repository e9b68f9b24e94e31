import { beforeEach, describe, expect, it } from "@jest/globals";
import { createMetrics, type Registry } from "@mara/runtime";
import type { TroubledIntegrations } from "@mara/store";
import { serviceMetrics, type ServiceFigures, type ServiceMetrics } from "./service-metrics.ts";

const REDIS = { node: "r:6379", usedBytes: 75, limitBytes: 100, appendOnly: true, evicts: false, replicas: 1 };
const TROUBLED: TroubledIntegrations = {
  silent: [{ tenantId: "acme", provider: "stripe" }, { tenantId: "globex", provider: "stripe" }],
  rejected: [{ tenantId: "acme", provider: "polar" }],
};

let now: number;
let asked: number;
let figures: ServiceFigures;
let registry: Registry;
let metrics: ServiceMetrics;

beforeEach(() => {
  now = 1_000_000;
  asked = 0;
  figures = {
    redis: async () => [REDIS],
    integrations: async () => {
      asked++;
      return TROUBLED;
    },
    sealed: async () => 3,
  };
  registry = createMetrics();
  metrics = serviceMetrics(
    registry,
    { redis: () => figures.redis(), integrations: () => figures.integrations(), sealed: () => figures.sealed() },
    () => now,
  );
});

const told = async () => (await registry.metrics()).split("\n").filter((line) => line.startsWith("mara_"));

describe("what all workers share", () => {
  it.each([
    'mara_redis_memory_used_bytes{node="r:6379"} 75',
    'mara_redis_memory_limit_bytes{node="r:6379"} 100',
    'mara_redis_append_only{node="r:6379"} 1',
    'mara_redis_evicts{node="r:6379"} 0',
    'mara_redis_replicas{node="r:6379"} 1',
    'mara_integrations_silent{provider="stripe"} 2',
    'mara_integrations_silent{provider="polar"} 0',
    'mara_integrations_rejected{provider="polar"} 1',
    "mara_secrets_sealed 3",
  ])("is told: %s", async (line) => {
    expect(await told()).toContain(line);
  });

  it("is left out where it can't be asked for, and told again afterwards", async () => {
    await told();
    const before = figures;
    figures = { redis: () => Promise.reject(new Error("away")), integrations: () => Promise.reject(new Error("away")), sealed: () => Promise.reject(new Error("away")) };
    now += 600_000;
    expect((await told()).filter((line) => !line.startsWith("mara_upkeep_"))).toEqual([]);
    figures = before;
    now += 1_000;
    expect(await told()).toContain('mara_redis_evicts{node="r:6379"} 0');
    expect(await told()).toContain("mara_secrets_sealed 3");
  });

  it("has integrations looked up once in five minutes, however often it is read", async () => {
    await Promise.all([told(), told()]);
    now += 299_000;
    await told();
    expect(asked).toBe(1);
    now += 1_000;
    await told();
    expect(asked).toBe(2);
  });

  it("says when retention went well, or when the process began", async () => {
    expect(await told()).toContain("mara_upkeep_last_success_timestamp_seconds 1000");
    now += 60_000;
    metrics.swept();
    expect(await told()).toContain("mara_upkeep_last_success_timestamp_seconds 1060");
  });
});
