import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createDesk, createIntake, QueueUnavailable, redisFigures, type Intake, type RedisConnection } from "@mara/queue";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { startRedisCluster } from "../../../test/support/redis-cluster.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { eventQueueOf, prefixOf } from "./keys.ts";

/** By itself a primary waits for further replicas before it feeds the first. */
const AT_ONCE = { "repl-diskless-sync-delay": "0" };

let primary: Awaited<ReturnType<typeof freshRedis>>;
let replica: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let intake: Intake;

async function open(): Promise<void> {
  primary = await freshRedis(AT_ONCE);
  replica = await freshRedis({ replicaof: `127.0.0.1 ${primary.port}` });
  producer = connectRedis(primary.url, "producer", () => undefined);
  await eventually(() => producer.info("replication").catch(() => ""), (said) => said.includes("state=online"));
  await untilFed(primary.url, "fed");
  intake = createIntake(producer, { shards: 1, replicas: 1 });
}

/** A replica counts as online up to a second before it has said so and is fed. Until it is, nothing written reaches it. */
async function untilFed(url: string, key: string): Promise<void> {
  const connection = connectRedis(url, "worker", () => undefined);
  await connection.set(key, "written");
  expect(await connection.wait(1, 10_000)).toBe(1);
  connection.disconnect();
}

async function close(): Promise<void> {
  await intake.close();
  producer.disconnect();
  // One that writes its first file would not end when asked to.
  for (const redis of [replica, primary]) redis.process.kill("SIGKILL");
  await Promise.all([primary.stop(), replica.stop()]);
}

/** What is on the replica, once it is a primary. */
async function onReplica(tenantId: string): Promise<number> {
  const connection = connectRedis(replica.url, "worker", () => undefined);
  await connection.replicaof("NO", "ONE");
  const desk = createDesk(connection, { shards: 1 });
  const { stripe } = await desk.pendingCounts(tenantId);
  await desk.close();
  connection.disconnect();
  return stripe;
}

describe("where a replica must have a delivery as well", () => {
  beforeEach(open);
  afterEach(close);

  it("all that were queued are on it when the primary dies", async () => {
    const jobs = Array.from({ length: 300 }, () => eventJob({ tenantId: "demo" }));
    const outcomes = await Promise.all(jobs.map((job) => intake.admit(job)));
    primary.process.kill("SIGKILL");
    expect(new Set(outcomes)).toEqual(new Set(["queued"]));
    expect(await onReplica("demo")).toBe(jobs.length);
  });

  it("a delivery of an event that was seen before is a duplicate, and leaves nothing pending", async () => {
    const job = eventJob({ tenantId: "demo" });
    expect(await intake.admit(job)).toBe("queued");
    expect(await intake.admit(eventJob({ tenantId: "demo", eventId: job.eventId }))).toBe("duplicate");
    const desk = createDesk(producer, { shards: 1 });
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 1);
    await desk.close();
  });

  it("figures tell that the primary has it", async () => {
    expect(await redisFigures(producer)).toMatchObject([{ replicas: 1 }]);
  });

  it("nothing is queued while it hangs, be it new or seen before, and the redelivery is taken when it is back", async () => {
    const seen = eventJob();
    await intake.admit(seen);
    replica.process.kill("SIGSTOP");
    const job = eventJob();
    await expect(intake.admit(job)).rejects.toMatchObject({ name: "QueueUnavailable", reason: "replicas" });
    await expect(intake.admit(eventJob({ eventId: seen.eventId }))).rejects.toThrow(QueueUnavailable);
    replica.process.kill("SIGCONT");
    const again = () => intake.admit(eventJob({ eventId: job.eventId })).catch(() => "unavailable");
    // The primary had it all along.
    expect(await eventually(again, (outcome) => outcome !== "unavailable")).toBe("duplicate");
  });

  it("scripts that the primary has forgotten are sent again, and the replica has what they did", async () => {
    await intake.admit(eventJob({ tenantId: "demo" }));
    await producer.script("FLUSH");
    expect(await intake.admit(eventJob({ tenantId: "demo" }))).toBe("queued");
    primary.process.kill("SIGKILL");
    expect(await onReplica("demo")).toBe(2);
  });

  it("Redis that is full makes the queue unavailable", async () => {
    await producer.config("SET", "maxmemory", "1");
    await expect(intake.admit(eventJob())).rejects.toMatchObject({ name: "QueueUnavailable", reason: "full" });
  });
});

describe("where a replica must have a delivery as well, on a cluster", () => {
  it("a primary that hands over to its replica is followed there at once", async () => {
    const cluster = await startRedisCluster();
    const connection = connectRedis(cluster.url, "producer", () => undefined);
    await eventually(() => connection.status, (status) => status === "ready");
    const ours = prefixOf(eventQueueOf("demo", 6));
    const untilOursIsFed = async () => untilFed(`redis://127.0.0.1:${(await cluster.primaryOf(ours)).port}`, `${ours}fed`);
    await untilOursIsFed();
    const onCluster = createIntake(connection, { shards: 6, replicas: 1 });
    expect(await onCluster.admit(eventJob({ tenantId: "demo" }))).toBe("queued");
    await cluster.handOver(ours);
    await eventually(cluster.isWhole, (isWhole) => isWhole);
    await untilOursIsFed();
    expect(await onCluster.admit(eventJob({ tenantId: "demo" }))).toBe("queued");
    await onCluster.close();
    connection.disconnect();
    await cluster.stop();
  });
});
