import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { connectRedis, type RedisConnection } from "@mara/queue";
import { Redis } from "ioredis";
import type { RunningRedis } from "../../../launch/services/redis.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

describe("a cluster", () => {
  let redis: RunningRedis;
  let connection: RedisConnection;

  beforeAll(async () => {
    redis = await freshRedis({ "cluster-enabled": "yes", "cluster-announce-ip": "127.0.0.1" });
    const operator = new Redis(redis.url);
    await operator.cluster("ADDSLOTSRANGE", 0, 16_383);
    operator.disconnect();
  });
  afterEach(() => connection.disconnect());
  afterAll(() => redis.stop());

  it("that can't be reached says why", async () => {
    const errors: Error[] = [];
    const url = redis.url.replace("//", "//nobody:wrong@");
    connection = connectRedis(`${url},${url}`, "producer", (error) => errors.push(error));
    const [error] = await eventually(() => errors, ([first]) => first !== undefined);
    expect(error?.cause).toMatchObject({ message: expect.stringMatching(/^WRONGPASS /) });
  });

  async function reached(...hosts: string[]): Promise<void> {
    connection = connectRedis(hosts.map((host) => `redis://${host}:${redis.port}`).join(","), "producer", () => undefined);
    await eventually(() => connection.status, (status) => status === "ready");
  }

  it("is reached while one of its names is unknown", () => reached("unknown.invalid", "127.0.0.1"));

  // An IPv6 address of 127.0.0.1, for machines without ::1.
  it("is reached at IPv6 addresses", () => reached("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"));
});
