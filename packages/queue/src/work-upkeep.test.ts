import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createDesk, createIntake, workUpkeep, type Desk, type EventJob, type Intake, type RedisConnection } from "@mara/queue";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { runAll } from "./connection.ts";
import { jobKey, pendingIndexKey } from "./keys.ts";
import { markCommand, markOf } from "./pending.ts";
import { sweepPending } from "./sweep-pending.ts";

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
  it("runs retention once, however many processes there are", async () => {
    let runs = 0;
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const work = { sweepOld: async () => void runs++, failed: async () => undefined, onError: () => undefined };
    const all = [workUpkeep(connection, { shards: 1 }, work), workUpkeep(connection, { shards: 1 }, work)];
    await Promise.all(all.map((each) => each.ready()));
    const upkeep = desk.queues.find(({ name }) => name === "upkeep");
    await eventually(() => upkeep?.getJobCounts("completed"), (counts) => counts?.completed === 2);
    expect(runs).toBe(1);
    const schedulers = await upkeep?.getJobSchedulers();
    expect(schedulers?.map(({ key, every }) => [key, Number(every)]).sort()).toEqual([
      ["sweep-old", HOUR],
      ["sweep-pending", 60_000],
    ]);
    await Promise.all(all.map((each) => each.close()));
    connection.disconnect();
  });
});
