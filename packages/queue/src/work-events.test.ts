import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { fork } from "node:child_process";
import { connectRedis, createDesk, createIntake, workEvents, type Desk, type EventJob, type EventWork, type Intake, type RedisConnection, type Workers } from "@mara/queue";
import { Queue } from "bullmq";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { prefixOf } from "./keys.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let connection: RedisConnection;
let intake: Intake;
let desk: Desk;
let queue: Queue;
let workers: Workers[] = [];

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  connection = connectRedis(redis.url, "worker", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  intake = createIntake(producer, { shards: 1 });
  desk = createDesk(producer, { shards: 1 });
  queue = new Queue("events-0", { connection: producer, prefix: prefixOf("events-0") });
});

beforeEach(async () => {
  await producer.flushall();
});

afterEach(async () => {
  await Promise.all(workers.map((each) => each.close()));
  workers = [];
});

afterAll(async () => {
  await intake.close();
  await desk.close();
  await queue.close();
  producer.disconnect();
  connection.disconnect();
  await redis.stop();
});

class Hopeless extends Error {}

function start(work: Partial<EventWork>, options: { concurrency?: number; lockDuration?: number } = {}): Workers {
  const started = workEvents(connection, { shards: 1, concurrency: 20, ...options }, {
    work: async () => undefined,
    failed: async () => undefined,
    permanent: (error) => error instanceof Hopeless,
    onError: () => undefined,
    ...work,
  });
  workers.push(started);
  return started;
}

/** Kills a worker that has taken the one job that there is. */
async function killOneAtWork(): Promise<void> {
  const child = fork(new URL("../../../test/support/hang-worker.mjs", import.meta.url), [redis.url], { execArgv: [] });
  await eventually(() => queue.getActiveCount(), (active) => active === 1);
  child.kill("SIGKILL");
}

describe("working events", () => {
  it("hands each job on as it was admitted, and leaves nothing behind", async () => {
    const jobs = Array.from({ length: 30 }, () => eventJob());
    const seen: EventJob[] = [];
    start({ work: async (job) => void seen.push(job) });
    await Promise.all(jobs.map((job) => intake.admit(job)));
    await eventually(() => seen.length, (n) => n === jobs.length);
    expect(new Map(seen.map((job) => [job.deliveryId, job]))).toEqual(new Map(jobs.map((job) => [job.deliveryId, job])));
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
    await eventually(() => queue.getJobCounts("wait", "active", "completed"), (counts) => Object.values(counts).every((n) => n === 0));
  });

  it("retries what failed in passing, and counts the attempts", async () => {
    const attempts: number[] = [];
    start({
      work: async (_job, attempt) => {
        attempts.push(attempt);
        if (attempt === 1) throw new Error("the weather");
      },
    });
    await intake.admit(eventJob());
    await eventually(() => attempts.length, (n) => n === 2);
    expect(attempts).toEqual([1, 2]);
  });

  it("keeps what failed in passing pending, with a reason that quotes nothing", async () => {
    const job = eventJob();
    start({ work: () => Promise.reject(Object.assign(new Error(`no such column: ${job.body}`), { code: "42703" })) });
    await intake.admit(job);
    const delayed = await eventually(() => queue.getDelayed(), (found) => found.length === 1);
    expect(delayed[0]?.failedReason).toBe("failed with 42703");
    expect(delayed[0]?.delay).toBeGreaterThanOrEqual(500);
    expect(delayed[0]?.delay).toBeLessThan(1_000);
    expect(JSON.stringify(delayed[0]?.stacktrace)).not.toContain("no such column");
    expect(await desk.pendingDeliveries("demo", { limit: 10 })).toMatchObject([{ deliveryId: job.deliveryId }]);
  });

  it("fails what is hopeless at once, with its reason, and says so once", async () => {
    const job = eventJob();
    const failures: [string, string][] = [];
    start({
      work: () => Promise.reject(new Hopeless("the invoice has no id")),
      failed: async ({ deliveryId }, reason) => void failures.push([deliveryId, reason]),
    });
    await intake.admit(job);
    const [failed] = await eventually(() => queue.getFailed(), (found) => found.length === 1);
    expect(failed).toMatchObject({ failedReason: "the invoice has no id", attemptsMade: 1 });
    expect(failures).toEqual([[job.deliveryId, "the invoice has no id"]]);
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
  });

  it("gives a job up after its last attempt", async () => {
    const job = eventJob();
    const failures: string[] = [];
    await queue.add("event", job, { jobId: job.deliveryId, attempts: 2, backoff: 1 });
    start({ work: () => Promise.reject(new Error("again")), failed: async (_job, reason) => void failures.push(reason) });
    await eventually(() => queue.getFailed(), (found) => found.length === 1);
    expect(failures).toEqual(["failed with Error"]);
  });

  it("does not give a job up before that is written down", async () => {
    let writes = 0;
    const job = eventJob();
    await queue.add("event", job, { jobId: job.deliveryId, attempts: 3, backoff: 1 });
    start({
      work: () => Promise.reject(new Hopeless("no")),
      failed: async () => {
        writes++;
        if (writes === 1) throw new Error("not now");
      },
    });
    await eventually(() => queue.getFailed(), (found) => found.length === 1);
    expect(writes).toBe(2);
  });

  it.each([
    ["no object", [1, 2]],
    ["an object of another shape", { tenantId: "demo" }],
    ["an unknown provider", { ...eventJob(), provider: "__proto__" }],
  ])("fails a job that carries %s at once, and works the others", async (_what, data) => {
    const seen: string[] = [];
    await queue.add("event", data, { jobId: "odd", attempts: 5 });
    start({ work: async ({ deliveryId }) => void seen.push(deliveryId) }, { concurrency: 1 });
    const job = eventJob();
    await intake.admit(job);
    await eventually(() => seen, (ids) => ids.includes(job.deliveryId));
    expect(await queue.getFailed()).toMatchObject([{ id: "odd", attemptsMade: 1, failedReason: "the job is malformed" }]);
  });

  it("takes up what a killed worker had in hand", async () => {
    const job = eventJob();
    await intake.admit(job);
    await killOneAtWork();
    const seen: string[] = [];
    start({ work: async ({ deliveryId }) => void seen.push(deliveryId) }, { lockDuration: 1_000 });
    await eventually(() => seen, (ids) => ids.length > 0);
    expect(seen).toEqual([job.deliveryId]);
  });

  it.each([
    ["ten of its workers were killed", 10, "it was worked"],
    ["eleven were", 11, "job stalled more than allowable limit"],
  ])("works a job once more when %s, and no more after that (%d)", async (_what, killed, became) => {
    const job = eventJob();
    await intake.admit(job);
    await killOneAtWork();
    await producer.hset(`${prefixOf("events-0")}:events-0:${job.deliveryId}`, "stc", killed - 1);
    const seen: string[] = [];
    start({ work: async () => void seen.push("it was worked"), failed: async (_job, reason) => void seen.push(reason) }, { lockDuration: 1_000 });
    await eventually(() => seen, (all) => all.length > 0);
    expect(seen).toEqual([became]);
  });

  it("works a failed job once more when it is replayed, and again when that fails too", async () => {
    const job = eventJob();
    let isMended = false;
    const seen: string[] = [];
    await intake.admit(job);
    start({
      work: async ({ deliveryId }) => {
        seen.push(deliveryId);
        if (!isMended) throw new Hopeless("not yet");
      },
    });
    await eventually(() => queue.getFailedCount(), (n) => n === 1);
    await desk.replay(job);
    await eventually(() => seen.length, (n) => n === 2);
    await eventually(() => queue.getFailedCount(), (n) => n === 1);
    isMended = true;
    await desk.replay(job);
    await eventually(() => seen.length, (n) => n === 3);
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
    expect(await queue.getFailedCount()).toBe(0);
  });

  it("works a job once more that is replayed as soon as its end is written down", async () => {
    const job = eventJob();
    const seen: boolean[] = [];
    await intake.admit(job);
    start({
      work: async ({ replay }) => {
        seen.push(replay);
        if (!replay) throw new Hopeless("not yet");
      },
      failed: (failed) => desk.replay(failed),
    });
    await eventually(() => seen.length, (n) => n === 2);
    expect(seen).toEqual([false, true]);
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
  });

  it.each([
    ["of a delivery whose own job is gone", (job: EventJob) => desk.replay(job)],
    ["of a delivery whose own job is kept", (job: EventJob) => intake.admit(job)],
  ])("works a job once more that is replayed as soon as the end of a replay is written down: %s", async (_what, enqueue) => {
    let runs = 0;
    await enqueue(eventJob());
    start({
      work: async () => {
        if (++runs < 5) throw new Hopeless("not yet");
      },
      failed: (failed) => desk.replay(failed),
    });
    await eventually(() => runs, (n) => n === 5);
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
  });

  it("works a job once more that is replayed as soon as its second end is written down, where a replay had failed before", async () => {
    const job = eventJob();
    const replay = () => desk.replay(job);
    let runs = 0;
    await intake.admit(job);
    start({
      work: async () => {
        if (++runs < 4) throw new Hopeless("not yet");
      },
      failed: async () => {
        if (runs !== 2) await replay();
      },
    });
    await eventually(() => queue.getFailedCount(), (n) => n === 2);
    await replay();
    await eventually(() => runs, (n) => n === 4);
  });

  it("gives nothing up that could not be written down: it stays pending, and is worked again", async () => {
    const job = eventJob();
    const written: string[] = [];
    let isWritable = false;
    start({
      work: () => Promise.reject(new Hopeless("the invoice has no id")),
      failed: async ({ deliveryId }) => {
        if (!isWritable) throw Object.assign(new Error("no such column"), { code: "42703" });
        written.push(deliveryId);
      },
    });
    await queue.add("stripe invoice.payment_failed", job, { jobId: job.deliveryId, attempts: 1, removeOnFail: { count: 0 } });
    const [waiting] = await eventually(() => queue.getDelayed(), (found) => found.length === 1);
    isWritable = true;
    await waiting?.promote();
    await eventually(() => written.length, (n) => n === 1);
    expect(written).toEqual([job.deliveryId]);
    await eventually(() => queue.getJobCounts("wait", "active", "delayed"), (counts) => Object.values(counts).every((n) => n === 0));
  });

  it("keeps pending what is given up until that is written down", async () => {
    const started = start({
      work: () => Promise.reject(new Hopeless("the invoice has no id")),
      failed: () => Promise.reject(new Error("not now")),
    });
    await intake.admit(eventJob());
    await eventually(() => queue.getDelayedCount(), (n) => n === 1);
    // By then all marks are removed that were to be.
    await started.close();
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 1 });
  });

  it("writes down what was given up because it stalled too often", async () => {
    const job = eventJob();
    const failures: string[] = [];
    await intake.admit(job);
    await producer.hset(`${prefixOf("events-0")}:events-0:${job.deliveryId}`, "defa", "job stalled more than allowable limit");
    start({ failed: async (_job, reason) => void failures.push(reason) });
    await eventually(() => failures, (reasons) => reasons.length > 0);
    expect(failures).toEqual(["job stalled more than allowable limit"]);
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
  });

  it("finishes what is in hand when it closes, and gives back what fails then as it was", async () => {
    const finished: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const started = start({
      work: async ({ eventId, deliveryId }) => {
        await held;
        if (eventId === "evt_fails") throw new Error("closing");
        finished.push(deliveryId);
      },
    });
    const fails = eventJob({ eventId: "evt_fails" });
    const works = eventJob();
    await intake.admit(fails);
    await intake.admit(works);
    await eventually(() => queue.getActiveCount(), (active) => active === 2);
    const closed = started.close();
    release();
    await closed;
    expect(finished).toEqual([works.deliveryId]);
    expect(await queue.getWaiting()).toMatchObject([{ id: fails.deliveryId, attemptsMade: 0 }]);
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 1 });
  });
});
