import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { connectRedis, createIntake, type Intake, type RedisConnection } from "@mara/queue";
import { eventually } from "../../../test/support/eventually.ts";
import { startRedisCluster } from "../../../test/support/redis-cluster.ts";
import { freshRedis } from "../../../test/support/services.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let intake: Intake;

beforeEach(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  intake = createIntake(producer, { shards: 2 });
});

afterEach(async () => {
  await intake.close();
  producer.disconnect();
  await redis.stop();
});

const refusal = (reason: string, code = reason) => ({ name: "QueueUnavailable", reason, code });

describe("the intake is ready", () => {
  it("while Redis takes jobs, and to ask writes nothing", async () => {
    const changes = async () => /^rdb_changes_since_last_save:\d+/m.exec(await producer.info("persistence"))?.[0];
    // What BullMQ writes of each queue when it is opened.
    await eventually(() => producer.dbsize(), (keys) => keys === 2);
    const before = await changes();
    await intake.ready();
    expect([await producer.dbsize(), await changes()]).toEqual([2, before]);
  });

  it("on a cluster, whose nodes have a queue each", async () => {
    const cluster = await startRedisCluster();
    const connection = connectRedis(cluster.url, "producer", () => undefined);
    await eventually(() => connection.status, (status) => status === "ready");
    const onCluster = createIntake(connection, { shards: 6 });
    await onCluster.ready();
    await onCluster.close();
    connection.disconnect();
    await cluster.stop();
  });
});

describe("the intake is not ready", () => {
  it.each([
    ["is out of memory", "maxmemory", "1", refusal("full", "OOM")],
    ["has too few replicas", "min-replicas-to-write", "3", refusal("replicas", "NOREPLICAS")],
  ])("while Redis answers and yet takes nothing, because it %s", async (_why, setting, value, refused) => {
    await producer.config("SET", setting, value);
    await expect(intake.ready()).rejects.toMatchObject(refused);
    await producer.config("SET", setting, "0");
    await intake.ready();
  });

  it("while Redis has no room but the last, which is the workers'", async () => {
    const [, used] = /^used_memory:(\d+)/m.exec(await producer.info("memory")) ?? [];
    await producer.config("SET", "maxmemory", String(Math.round(Number(used) * 1.05)));
    await expect(intake.ready()).rejects.toMatchObject(refusal("full"));
  });

  it("while Redis is a replica", async () => {
    await producer.replicaof("127.0.0.1", "1");
    await expect(intake.ready()).rejects.toMatchObject(refusal("redis", "READONLY"));
  });

  it("while too few replicas could have a job", async () => {
    const demanding = createIntake(producer, { shards: 2, replicas: 1 });
    await expect(demanding.ready()).rejects.toMatchObject(refusal("replicas"));
    await demanding.close();
  });

  it("while Redis is gone", async () => {
    redis.process.kill("SIGKILL");
    await once(redis.process, "exit");
    await expect(intake.ready()).rejects.toMatchObject(refusal("redis"));
  });
});
