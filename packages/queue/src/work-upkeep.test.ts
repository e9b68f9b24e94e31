import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { connectRedis, createDesk, createIntake, workUpkeep, type Desk, type EventJob, type Intake, type RedisConnection, type Workers } from "@mara/queue";
import { Queue } from "bullmq";
import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { runAll } from "./connection.ts";
import { jobKey, pendingIndexKey, prefixOf } from "./keys.ts";
import { markCommand, markOf } from "./pending.ts";
import { sweepPending } from "./sweep-pending.ts";
import type { UpkeepWork } from "./work-upkeep.ts";

const HOUR = 3_600_000;

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let intake: Intake;
let desk: Desk;

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  desk = createDesk(producer, { shards: 1 });
});

beforeEach(async () => {
  await producer.flushall();
  intake = createIntake(producer, { shards: 1 });
});

afterAll(async () => {
  await intake.close();
  await desk.close();
  producer.disconnect();
  await redis.stop();
});

/** As a process that dies before it adds the job. */
function markOnly(job: EventJob): Promise<unknown> {
  return runAll(producer, [markCommand("events-0", [markOf("events-0", job, job.deliveryId)])]);
}

const giveUpNothing = () => Promise.reject(new Error("nothing was given up"));

describe("sweeping pending deliveries", () => {
  it("removes the marks of jobs that are gone, and no others", async () => {
    const lives = eventJob();
    const lost = eventJob();
    await intake.admit(lives);
    await markOnly(lost);
    await sweepPending(producer, 1, giveUpNothing, Date.now() + HOUR);
    expect(await desk.pendingDeliveries("demo", { limit: 10 })).toMatchObject([{ deliveryId: lives.deliveryId }]);
  });

  it("removes all that a process left behind, however many", async () => {
    const lives = eventJob();
    for (let i = 0; i < 450; i++) await markOnly(eventJob());
    await intake.admit(lives);
    await sweepPending(producer, 1, giveUpNothing, Date.now() + HOUR);
    expect(await desk.pendingDeliveries("demo", { limit: 10 })).toMatchObject([{ deliveryId: lives.deliveryId }]);
  });

  it("leaves a young mark, whose job may be on its way", async () => {
    const young = eventJob();
    await intake.admit(eventJob());
    await markOnly(young);
    await sweepPending(producer, 1, giveUpNothing, Date.now());
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 2 });
  });

  it("gives up what failed without anyone writing it down", async () => {
    const job = eventJob();
    const givenUp: unknown[] = [];
    await intake.admit(job);
    await producer.hset(jobKey("events-0", job.deliveryId), "finishedOn", "1", "failedReason", "why");
    await sweepPending(producer, 1, async (...what) => void givenUp.push(what), Date.now() + HOUR);
    expect(givenUp).toEqual([[job, "why"]]);
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 0 });
  });

  it("keeps the mark of what could not be given up", async () => {
    const job = eventJob();
    await intake.admit(job);
    await producer.hset(jobKey("events-0", job.deliveryId), "finishedOn", "1", "failedReason", "why");
    await expect(sweepPending(producer, 1, giveUpNothing, Date.now() + HOUR)).rejects.toThrow("nothing was given up");
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 1 });
  });

  it("goes on to the others where one could not be given up", async () => {
    const stuck = eventJob({ tenantId: "stuck" });
    await intake.admit(stuck);
    await producer.hset(jobKey("events-0", stuck.deliveryId), "finishedOn", "1", "failedReason", "why");
    for (let i = 0; i < 10; i++) await markOnly(eventJob({ tenantId: `lost-${i}` }));
    await expect(sweepPending(producer, 1, giveUpNothing, Date.now() + HOUR)).rejects.toThrow("nothing was given up");
    expect(await producer.smembers(pendingIndexKey("events-0"))).toEqual([expect.stringContaining("stuck")]);
  });

  it("goes through tenants that have something pending, and no others", async () => {
    await markOnly(eventJob({ tenantId: "lost" }));
    await intake.admit(eventJob({ tenantId: "lives" }));
    expect(await producer.smembers(pendingIndexKey("events-0"))).toHaveLength(2);
    await sweepPending(producer, 1, giveUpNothing, Date.now() + HOUR);
    expect(await producer.smembers(pendingIndexKey("events-0"))).toEqual([expect.stringContaining("lives")]);
  });
});

describe("upkeep", () => {
  let connection: RedisConnection;
  let queue: Queue;
  let running: Workers[] = [];

  beforeAll(() => {
    connection = connectRedis(redis.url, "worker", () => undefined);
    queue = new Queue("upkeep", { connection: producer, prefix: prefixOf("upkeep") });
  });

  afterEach(async () => {
    await Promise.all(running.map((each) => each.close()));
    running = [];
  });

  afterAll(async () => {
    await queue.close();
    connection.disconnect();
  });

  function start(work: Partial<UpkeepWork> = {}, deliveryDays = 90): Workers {
    const started = workUpkeep(connection, { shards: 1, deliveryDays, lookEvery: 20 }, {
      sweepOld: async () => undefined,
      failed: async () => undefined,
      onError: () => undefined,
      ...work,
    });
    running.push(started);
    return started;
  }

  const schedule = async () =>
    (await queue.getJobSchedulers()).map(({ key, every }) => [key, Number(every)]).sort();
  const inForce = [["sweep-failed", HOUR], ["sweep-old", HOUR], ["sweep-pending", 60_000]];
  const isInForce = (seen: unknown) => isDeepStrictEqual(seen, inForce);
  const worked = () => eventually(() => queue.getJobCounts("completed", "delayed"), ({ completed, delayed }) => completed === 3 && delayed === 3);

  it("runs retention once, however many processes there are", async () => {
    let runs = 0;
    const sweepOld = async () => void runs++;
    await Promise.all([start({ sweepOld }), start({ sweepOld })].map((each) => each.ready()));
    await worked();
    expect(runs).toBe(1);
    expect(await schedule()).toEqual(inForce);
  });

  it("tells retention when the process is about to stop, and has it run again elsewhere", async () => {
    let runs = 0;
    const first = start({
      sweepOld: async (signal) => {
        runs++;
        await once(signal, "abort");
        signal.throwIfAborted();
      },
    });
    await eventually(() => runs, (n) => n === 1);
    await first.close();
    running = [];
    await start({ sweepOld: async () => void runs++ }).ready();
    await eventually(() => runs, (n) => n === 2);
  });

  it("is scheduled again after Redis was emptied, and works", async () => {
    let runs = 0;
    await start({ sweepOld: async () => void runs++ }).ready();
    await worked();
    await producer.flushall();
    await eventually(schedule, isInForce);
    await eventually(() => runs, (n) => n === 2);
  });

  it("is scheduled as soon as Redis lets it be, where it did not at the start", async () => {
    const troubles: string[] = [];
    const key = `${prefixOf("upkeep")}:upkeep:repeat`;
    await producer.set(key, "in the way");
    await start({ onError: ({ message }) => void troubles.push(message) }).ready();
    expect(troubles).toContain("upkeep could not be scheduled");
    await producer.del(key);
    await eventually(schedule, isInForce);
  });

  it("leaves the next run of what is scheduled as it stands", async () => {
    await start().ready();
    await worked();
    const nextRun = async () => (await queue.getDelayed()).filter(({ name }) => name === "sweep-old").map(({ id, timestamp }) => [id, timestamp]);
    const before = await nextRun();
    // The second one is brought back by a look that began when the one before was over.
    for (let look = 0; look < 2; look++) {
      await queue.removeJobScheduler("sweep-pending");
      await eventually(schedule, isInForce);
    }
    expect(before).toHaveLength(1);
    expect(await nextRun()).toEqual(before);
  });

  it("goes on where the job of a next run was lost", async () => {
    await start().ready();
    await worked();
    const lost = (await queue.getDelayed()).find(({ name }) => name === "sweep-old");
    const key = `${prefixOf("upkeep")}:upkeep`;
    await producer.multi().zadd(`${key}:repeat`, Date.now() - 2 * HOUR, "sweep-old").zrem(`${key}:delayed`, String(lost?.id)).del(`${key}:${lost?.id}`).exec();
    await eventually(() => queue.getDelayed(), (found) => found.some(({ name }) => name === "sweep-old"));
  });

  it("goes on where a clock that was ahead put the next run too far off", async () => {
    await start().ready();
    await worked();
    const next = (await queue.getDelayed()).find(({ name }) => name === "sweep-old");
    if (next?.id === undefined) throw new Error("there is no next run");
    const far = Date.now() + 30 * 24 * HOUR;
    const key = `${prefixOf("upkeep")}:upkeep`;
    const farId = `repeat:sweep-old:${far}`;
    await producer.multi()
      .zadd(`${key}:repeat`, far, "sweep-old")
      .rename(`${key}:${next.id}`, `${key}:${farId}`)
      .zrem(`${key}:delayed`, next.id)
      .zadd(`${key}:delayed`, far * 0x1000, farId)
      .exec();
    const times = async () => (await queue.getJobSchedulers()).find((each) => each.key === "sweep-old")?.next ?? 0;
    await eventually(times, (at) => at < Date.now() + 2 * HOUR);
    await eventually(() => queue.getDelayed(), (found) => found.every(({ id }) => id !== farId) && found.some(({ name }) => name === "sweep-old"));
  });

  /** Takes a job in, and has it fail so long ago. */
  async function failedDaysAgo(days: number): Promise<EventJob> {
    const job = eventJob();
    await intake.admit(job);
    const key = `${prefixOf("events-0")}:events-0`;
    const finishedOn = Date.now() - days * 24 * HOUR;
    await producer.multi()
      .lrem(`${key}:wait`, 1, job.deliveryId)
      .hset(jobKey("events-0", job.deliveryId), "finishedOn", finishedOn, "failedReason", "why")
      .zadd(`${key}:failed`, finishedOn, job.deliveryId)
      .exec();
    return job;
  }

  it("forgets failed jobs once deliveries so old are not listed any more", async () => {
    const events = new Queue("events-0", { connection: producer, prefix: prefixOf("events-0") });
    try {
      await failedDaysAgo(4);
      const listed = await failedDaysAgo(2);
      await start({}, 3).ready();
      await worked();
      expect((await events.getFailed()).map(({ id }) => id)).toEqual([listed.deliveryId]);
    } finally {
      await events.close();
    }
  });

  it.each([
    ["is right", 0],
    ["is ahead", 15 * 24 * HOUR],
  ])("forgets the jobs that failed long ago, and no others, also where no other fails after them and the clock %s", async (_what, ahead) => {
    const now = Date.now;
    const clock = jest.spyOn(Date, "now");
    const events = new Queue("events-0", { connection: producer, prefix: prefixOf("events-0") });
    try {
      await failedDaysAgo(15);
      const young = await failedDaysAgo(13);
      clock.mockImplementation(() => now() + ahead);
      await start().ready();
      await worked();
      expect((await events.getFailed()).map(({ id }) => id)).toEqual([young.deliveryId]);
    } finally {
      clock.mockRestore();
      await events.close();
    }
  });
});
