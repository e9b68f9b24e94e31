import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { connectRedis, createDesk, createIntake, queueFigures, workBackfills, workEvents, type Desk, type EventJob, type Intake, type RedisConnection } from "@mara/queue";
import type { Job } from "bullmq";
import { PROVIDERS } from "@mara/connectors";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let intake: Intake;
let desk: Desk;

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  intake = createIntake(producer, { shards: 2 });
  desk = createDesk(producer, { shards: 2 });
});

beforeEach(async () => {
  await producer.flushall();
});

afterAll(async () => {
  await intake.close();
  await desk.close();
  producer.disconnect();
  await redis.stop();
});

describe("pending deliveries", () => {
  it("are told newest first, page by page, without a gap", async () => {
    const jobs = Array.from({ length: 25 }, (_, i) => eventJob({ provider: i % 2 ? "stripe" : "polar", requestId: `r${i}` }));
    for (const job of jobs) await intake.admit(job);
    const seen = [];
    for (let before: string | undefined; ; ) {
      const page = await desk.pendingDeliveries("demo", { limit: 10, ...(before !== undefined && { before }) });
      seen.push(...page);
      before = page.at(-1)?.deliveryId;
      if (page.length < 10) break;
    }
    expect(seen).toEqual(
      jobs.toReversed().map(({ deliveryId, provider, eventId, eventType, receivedAt, secretId, requestId }) => ({
        deliveryId, provider, eventId, eventType, receivedAt, secretId, requestId,
      })),
    );
  });

  it("can be asked for by provider, and are a tenant's own", async () => {
    await intake.admit(eventJob({ provider: "clerk", eventId: "msg_1" }));
    await intake.admit(eventJob({ provider: "polar" }));
    await intake.admit(eventJob({ tenantId: "other", provider: "clerk" }));
    expect(await desk.pendingDeliveries("demo", { provider: "clerk", limit: 5 })).toMatchObject([{ eventId: "msg_1" }]);
    expect(await desk.pendingCounts("demo")).toEqual({ ...Object.fromEntries(PROVIDERS.map((provider) => [provider, 0])), polar: 1, clerk: 1 });
  });

  it("do not count duplicates", async () => {
    await intake.admit(eventJob({ eventId: "evt_dup" }));
    await intake.admit(eventJob({ eventId: "evt_dup" }));
    await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 1);
  });
});

describe("replaying", () => {
  it("queues a delivery again although the ledger knows its event", async () => {
    const job = eventJob();
    await intake.admit(job);
    for (const queue of desk.queues) await queue.drain();
    await desk.replay(job);
    const jobs = (await Promise.all(desk.queues.map((queue) => queue.getWaiting()))).flat();
    expect(jobs.map(({ data }) => data)).toEqual([{ ...job, replay: true }]);
  });

  it("queues a delivery once, however often that is asked for", async () => {
    const job = eventJob();
    await intake.admit(job);
    for (const queue of desk.queues) await queue.drain();
    await desk.replay(job);
    await desk.replay(job);
    const jobs = (await Promise.all(desk.queues.map((queue) => queue.getWaiting()))).flat();
    expect(jobs).toHaveLength(1);
  });

  it("does nothing for a delivery that waits its turn", async () => {
    const job = eventJob();
    await intake.admit(job);
    await desk.replay(job);
    const jobs = (await Promise.all(desk.queues.map((queue) => queue.getWaiting()))).flat();
    expect(jobs.map(({ id }) => id)).toEqual([job.deliveryId]);
  });
});

describe("replaying a delivery that was given up, several times at once", () => {
  /** Works what is queued until nothing is pending. */
  async function workOff(work: () => Promise<void>): Promise<void> {
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const duty = { work, failed: async () => undefined, permanent: () => true, onError: () => undefined };
    const workers = workEvents(connection, { shards: 2, concurrency: 2 }, duty);
    try {
      await eventually(() => desk.pendingCounts("demo"), ({ stripe }) => stripe === 0);
    } finally {
      await workers.close();
      connection.disconnect();
    }
  }

  it("queues it once, and is refused to nobody", async () => {
    const job = eventJob();
    await intake.admit(job);
    await workOff(() => Promise.reject(new Error("broken")));
    await Promise.all([1, 2, 3, 4].map(() => desk.replay(job)));
    expect(await desk.pendingCounts("demo")).toMatchObject({ stripe: 1 });
    await workOff(async () => undefined);
  });
});

describe("replaying a delivery whose job ends while that is asked for", () => {
  /** The desk's own queue answers a look for a job, which is done and gone by the time its state is asked for. */
  function endWhatIsFound(): void {
    for (const queue of desk.queues) {
      const getJob = queue.getJob.bind(queue);
      jest.spyOn(queue, "getJob").mockImplementation(async (id) => {
        const job = await getJob(id);
        await job?.remove();
        return job;
      });
    }
  }

  afterEach(() => void jest.restoreAllMocks());

  it.each([
    ["its own job", (job: EventJob) => intake.admit(job)],
    ["the job of a replay", (job: EventJob) => desk.replay(job)],
  ])("queues it again: %s", async (_what, enqueue) => {
    const job = eventJob();
    await enqueue(job);
    endWhatIsFound();
    await desk.replay({ ...job, requestId: "asked" });
    const jobs = (await Promise.all(desk.queues.map((queue) => queue.getWaiting()))).flat();
    expect(jobs.map(({ data }) => data)).toEqual([{ ...job, replay: true, requestId: "asked" }]);
  });
});

describe("backfills", () => {
  it("are started once, however often they are asked for", async () => {
    const backfillId = "018f0000-0000-7000-8000-00000000000b";
    await desk.startBackfill("demo", backfillId);
    await desk.startBackfill("demo", backfillId);
    const jobs = (await Promise.all(desk.queues.map((queue) => queue.getWaiting()))).flat();
    expect(jobs.map(({ data }) => data)).toEqual([{ tenantId: "demo", backfillId }]);
  });
});

describe("starting a backfill again whose job has ended", () => {
  const backfillId = "018f0000-0000-7000-8000-00000000000c";

  /** Ends as BullMQ ends a job that stalled too often: nobody wrote it down. */
  async function endAs(state: "failed" | "completed"): Promise<void> {
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const workers = workBackfills(connection, { concurrency: 1 }, {
      work: async () => {
        if (state === "failed") throw new Error("it stalled too often");
        return null;
      },
      failed: async () => undefined,
      permanent: () => true,
      onError: () => undefined,
    });
    await eventually(() => jobsIn(state), (jobs) => jobs.length === 1);
    await workers.close();
    connection.disconnect();
  }

  async function jobsIn(state: "failed" | "completed" | "wait") {
    return (await Promise.all(desk.queues.map((queue) => queue.getJobs(state)))).flat();
  }

  /** Something happens to the job once the desk's own queue has answered how it stands. */
  function onceAsked(happens: (job: Job) => Promise<unknown>): void {
    for (const queue of desk.queues) {
      const getJob = queue.getJob.bind(queue);
      jest.spyOn(queue, "getJob").mockImplementation(async (id) => {
        const job = await getJob(id);
        if (job === undefined) return undefined;
        const getState = job.getState.bind(job);
        jest.spyOn(job, "getState").mockImplementationOnce(async () => {
          const state = await getState();
          await happens(job);
          return state;
        });
        return job;
      });
    }
  }

  afterEach(() => void jest.restoreAllMocks());

  it.each(["failed", "completed"] as const)("has it worked again, with all its attempts: %s", async (state) => {
    await desk.startBackfill("demo", backfillId);
    await endAs(state);
    await desk.startBackfill("demo", backfillId);
    expect(await jobsIn(state)).toEqual([]);
    expect(await jobsIn("wait")).toMatchObject([{ data: { tenantId: "demo", backfillId }, attemptsMade: 0 }]);
  });

  it.each([
    ["somebody else had it worked again", (job: Job) => job.retry("failed")],
    ["BullMQ has removed it", (job: Job) => job.remove()],
  ])("has it worked once where meanwhile %s", async (_what, happens) => {
    await desk.startBackfill("demo", backfillId);
    await endAs("failed");
    onceAsked(happens);
    await desk.startBackfill("demo", backfillId);
    expect(await jobsIn("wait")).toMatchObject([{ data: { tenantId: "demo", backfillId } }]);
  });
});

describe("queue figures", () => {
  it("tell how each queue stands", async () => {
    await intake.admit(eventJob({ receivedAt: Date.now() - 60_000 }));
    await intake.admit(eventJob());
    const figures = await queueFigures(producer, { shards: 2 });
    expect(figures.map(({ queue }) => queue)).toEqual(["events-0", "events-1", "backfills", "upkeep"]);
    const busy = figures.find(({ waiting }) => waiting > 0);
    expect(busy).toMatchObject({ waiting: 2, active: 0, delayed: 0, failed: 0 });
    expect(busy?.oldestWaitingSeconds).toBeGreaterThanOrEqual(60);
    expect(busy?.oldestWaitingSeconds).toBeLessThan(120);
  });

  it.each([1, 2, 40, 160, 200])("tell for how long a job has waited that others pass, whose priority is %i of 200", async (passed) => {
    const [queue] = desk.queues;
    const minuteAgo = Date.now() - 60_000;
    await queue?.addBulk(
      Array.from({ length: 200 }, (_, i) => ({ name: "job", data: {}, opts: { priority: i + 1, ...(i + 1 === passed && { timestamp: minuteAgo }) } })),
    );
    const [figures] = await queueFigures(producer, { shards: 2 });
    expect(figures?.oldestWaitingSeconds).toBeGreaterThanOrEqual(60);
  });
});
