import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createIntake, readJoblessDeliveries, workEvents, type RedisConnection, type Workers } from "@mara/queue";
import { once } from "node:events";
import type { RunningRedis } from "../../../launch/services/redis.ts";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

// Closing must end, whatever state the connections are in: a process that does not stop when it is asked to is killed.

let redis: RunningRedis;
let connection: RedisConnection;
let onlooker: RedisConnection;

beforeEach(async () => {
  redis = await freshRedis();
  connection = connectRedis(redis.url, "worker", () => undefined);
  onlooker = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => onlooker.status, (status) => status === "ready");
});
afterEach(async () => {
  connection.disconnect();
  onlooker.disconnect();
  await redis.stop();
});

function work(doing: () => Promise<void> = async () => undefined): Workers {
  return workEvents(connection, { shards: 1, concurrency: 10 }, {
    work: doing,
    failed: async () => undefined,
    permanent: () => true,
    onError: () => undefined,
  });
}

/** Resolves when the connection has noticed. */
async function kill(): Promise<void> {
  redis.process.kill("SIGKILL");
  await once(redis.process, "exit");
  await eventually(() => connection.status, (status) => status !== "ready");
}

/** Breaks the connection that waits in a blocking read, and lets so many turns of the event loop go by. */
async function breakAndWait(reads: string, turns: number): Promise<void> {
  const line = new RegExp(`^id=(\\d+) .* cmd=${reads} `, "m");
  const id = await eventually(async () => line.exec(String(await onlooker.client("LIST")))?.[1], (found) => found !== undefined);
  await onlooker.call("client", "KILL", "ID", String(id));
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
}

const TURNS = [0, 1, 2, 4, 8, 16, 32];

describe("closing ends", () => {
  it("for workers while Redis is away", async () => {
    const workers = work();
    await workers.ready();
    await kill();
    await expect(workers.close()).resolves.toBeUndefined();
  });

  it("for workers that finish a job when Redis is away already", async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    let isBegun = false;
    const workers = work(async () => {
      isBegun = true;
      await held;
    });
    const intake = createIntake(onlooker, { shards: 1 });
    await intake.admit(eventJob());
    await eventually(() => isBegun, (begun) => begun);
    await intake.close();
    await kill();
    finish();
    await expect(workers.close()).resolves.toBeUndefined();
  });

  it.each(TURNS)("for workers %s turns of the event loop after the connection broke that they wait on", async (turns) => {
    const workers = work();
    await workers.ready();
    await breakAndWait("bzpopmin", turns);
    await expect(workers.close()).resolves.toBeUndefined();
  });

  it.each(TURNS)("for the reading of jobless deliveries %s turns of the event loop after its connection broke", async (turns) => {
    const reading = readJoblessDeliveries(connection, { keep: async () => [], onError: () => undefined });
    await breakAndWait("xreadgroup", turns);
    await expect(reading.close()).resolves.toBeUndefined();
  });

  it("for the reading of jobless deliveries while Redis hangs", async () => {
    const reading = readJoblessDeliveries(connection, { keep: async () => [], onError: () => undefined });
    await eventually(() => connection.status, (status) => status === "ready");
    redis.process.kill("SIGSTOP");
    try {
      await reading.close();
      expect(connection.status).toBe("ready");
    } finally {
      redis.process.kill("SIGCONT");
    }
  });
});
