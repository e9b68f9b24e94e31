import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
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

/** Takes all there is, of which nothing ever comes to Redis. */
function takeAll(headroom: ReturnType<typeof createHeadroom>): void {
  while (headroom.take(1_000_000) === null);
}

it("room that jobs have left is found within a moment while there is none", async () => {
  let ms = 0;
  const headroom = createHeadroom(connection, () => ms);
  await eventually(() => headroom.take(20_000_000), (trouble) => trouble === "full");
  takeAll(headroom);
  expect(headroom.take(1_000_000)).toBe("full");
  ms += 100;
  await eventually(() => headroom.take(1_000_000), (trouble) => trouble === null);
});

it("a crowd that is turned away has Redis asked one question at a time, and not without a pause", async () => {
  let ms = 0;
  const asked = jest.spyOn(connection, "info");
  const headroom = createHeadroom(connection, () => ms);
  for (; ms < 500; ms += 1) headroom.take(20_000_000);
  expect(asked).toHaveBeenCalledTimes(1);
  await eventually(() => headroom.take(20_000_000), (trouble) => trouble === "full");
  for (let i = 0; i < 100; i++) {
    await connection.ping();
    headroom.take(20_000_000);
  }
  expect(asked).toHaveBeenCalledTimes(2);
});

it("a clock that is set back does not keep a Redis full", async () => {
  const { now } = Date;
  let off = 0;
  const clock = jest.spyOn(Date, "now").mockImplementation(() => now() + off);
  try {
    const headroom = createHeadroom(connection);
    await eventually(() => headroom.take(20_000_000), (trouble) => trouble === "full");
    off = -3_600_000;
    takeAll(headroom);
    await eventually(() => headroom.take(1_000_000), (trouble) => trouble === null);
  } finally {
    clock.mockRestore();
  }
});
