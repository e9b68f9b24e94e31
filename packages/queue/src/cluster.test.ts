import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { connectRedis, createDesk, createIntake, publishSettingsChange, queueFigures, readJoblessDeliveries, redisFigures, subscribeSettingsChanges, workEvents, type RedisConnection } from "@mara/queue";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

const SHARDS = 6;

let nodes: Awaited<ReturnType<typeof freshRedis>>[] = [];
let urls: string;
let connections: RedisConnection[] = [];

beforeAll(async () => {
  nodes = await Promise.all([1, 2, 3].map(() => freshRedis({ "cluster-enabled": "yes" })));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await promisify(execFile)("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
  urls = nodes.map(({ url }) => url).join(",");
});

afterAll(async () => {
  for (const connection of connections) connection.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
});

async function connect(purpose: Parameters<typeof connectRedis>[1]): Promise<RedisConnection> {
  const connection = connectRedis(urls, purpose, () => undefined);
  connections = [...connections, connection];
  await eventually(() => connection.status, (status) => status === "ready");
  return connection;
}

describe("on a cluster of three nodes", () => {
  it("deliveries of many tenants are queued once, worked, and no longer pending", async () => {
    const producer = await connect("producer");
    const intake = createIntake(producer, { shards: SHARDS });
    const desk = createDesk(producer, { shards: SHARDS });
    const jobs = Array.from({ length: 60 }, (_, i) => eventJob({ tenantId: `tenant-${i % 20}` }));
    const again = jobs.map(({ tenantId, eventId }) => eventJob({ tenantId, eventId }));
    const outcomes = await Promise.all([...jobs, ...again].map((job) => intake.admit(job)));
    expect(outcomes.filter((outcome) => outcome === "queued")).toHaveLength(jobs.length);
    const figures = await queueFigures(await connect("reader"), { shards: SHARDS });
    expect(figures.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(jobs.length);

    const seen: string[] = [];
    const workers = workEvents(await connect("worker"), { shards: SHARDS, concurrency: 12 }, {
      work: async ({ eventId }) => void seen.push(eventId),
      failed: async () => undefined,
      permanent: () => true,
      onError: () => undefined,
    });
    await eventually(() => seen.length, (n) => n === jobs.length);
    expect(new Set(seen).size).toBe(jobs.length);
    for (const { tenantId } of jobs) {
      await eventually(() => desk.pendingCounts(tenantId), ({ stripe }) => stripe === 0);
    }
    await workers.close();
    await intake.close();
    await desk.close();
  });

  it("jobless deliveries are read and settings changes are heard", async () => {
    const producer = await connect("producer");
    const intake = createIntake(producer, { shards: SHARDS });
    const kept: string[] = [];
    const heard: string[] = [];
    let resets = 0;
    const reader = readJoblessDeliveries(await connect("worker"), {
      keep: async (deliveries) => (kept.push(...deliveries.map(({ reason }) => reason)), []),
      onError: () => undefined,
    });
    subscribeSettingsChanges(await connect("subscriber"), (tenantId) => heard.push(tenantId), () => resets++);
    await eventually(() => resets, (n) => n > 0);
    intake.note({ ...eventJob(), providerEventId: null, providerEventType: null, outcome: "rejected", reason: "stale" });
    await publishSettingsChange(producer, "demo");
    await eventually(() => [kept, heard], () => kept.includes("stale") && heard.includes("demo"));
    await reader.close();
    await intake.close();
  });

  it("each primary says how full it is", async () => {
    const figures = await redisFigures(await connect("reader"));
    expect(figures.map(({ node }) => node).sort()).toEqual(nodes.map(({ port }) => `127.0.0.1:${port}`).sort());
    expect(figures).toEqual(figures.map((each) => ({ ...each, appendOnly: true, evicts: false })));
  });
});
