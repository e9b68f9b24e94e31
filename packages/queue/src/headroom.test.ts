import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { once } from "node:events";
import { connectRedis, type RedisConnection } from "./connection.ts";
import { createHeadroom } from "./headroom.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let connection: RedisConnection;

beforeEach(async () => {
  redis = await freshRedis({ maxmemory: "20mb" });
  connection = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => connection.status, (status) => status === "ready");
});
afterEach(async () => {
  connection.disconnect();
  await redis.stop();
});

it("a Redis without room for a job is full", async () => {
  const headroom = createHeadroom(connection);
  await eventually(() => headroom.take(20_000_000), (trouble) => trouble === "full");
  expect(headroom.take(1_000)).toBeNull();
});

it("a Redis that is gone does not pass for a full one, however much was meant for it", async () => {
  let seconds = 0;
  const headroom = createHeadroom(connection, () => seconds * 1_000);
  await eventually(() => headroom.take(20_000_000), (trouble) => trouble === "full");
  redis.process.kill("SIGKILL");
  await once(redis.process, "exit");
  await eventually(() => {
    seconds += 2;
    return headroom.take(20_000_000);
  }, (trouble) => trouble === "redis");
});
