import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { eventJob as parsed, connectRedis, createIntake, type EventJob, type Intake, type RedisConnection } from "@mara/queue";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { JOBLESS_DELIVERIES_KEY, ledgerId, prefixOf } from "./keys.ts";
import { Job, Queue } from "bullmq";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let intake: Intake;
let queue: Queue;

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  intake = createIntake(producer, { shards: 1 });
  queue = new Queue("events-0", { connection: producer, prefix: prefixOf("events-0") });
});

afterAll(async () => {
  await intake.close();
  await queue.close();
  producer.disconnect();
  await redis.stop();
});

async function jobsOf(eventId: string): Promise<EventJob[]> {
  const jobs = await queue.getJobs(["waiting", "prioritized"]);
  return jobs.map((job) => parsed.parse(job.data)).filter((job) => job.eventId === eventId);
}

describe("admitting", () => {
  it("queues a delivery as it is", async () => {
    const job = eventJob({ body: '{"name":"Zoë","emoji":"🦉"}', secretId: "018f0000-0000-7000-8000-000000000000" });
    expect(await intake.admit(job)).toBe("queued");
    expect(await jobsOf(job.eventId)).toEqual([job]);
  });

  it("queues an event once, however often it is delivered", async () => {
    const job = eventJob();
    expect(await intake.admit(job)).toBe("queued");
    expect(await intake.admit(eventJob({ eventId: job.eventId }))).toBe("duplicate");
    expect(await jobsOf(job.eventId)).toEqual([job]);
  });

  it("queues exactly one of fifty deliveries that arrive at once", async () => {
    const deliveries = Array.from({ length: 50 }, () => eventJob({ eventId: "evt_fifty" }));
    const outcomes = await Promise.all(deliveries.map((job) => intake.admit(job)));
    expect(outcomes.filter((outcome) => outcome === "queued")).toHaveLength(1);
    expect(await jobsOf("evt_fifty")).toHaveLength(1);
  });

  it("queues one of many deliveries that reach two processes at once", async () => {
    const second = connectRedis(redis.url, "producer", () => undefined);
    await eventually(() => second.status, (status) => status === "ready");
    const other = createIntake(second, { shards: 1 });
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? intake : other).admit(eventJob({ eventId: "evt_two" }))),
    );
    expect(outcomes.filter((outcome) => outcome === "queued")).toHaveLength(1);
    await other.close();
    second.disconnect();
  });

  it.each([
    ["another tenant", { tenantId: "other" }],
    ["another provider", { provider: "polar" }],
    ["another event", { eventId: "evt_another" }],
  ] as const)("knows the same id of %s as something else", async (_of, changes) => {
    const job = eventJob();
    await intake.admit(job);
    expect(await intake.admit(eventJob({ eventId: job.eventId, ...changes }))).toBe("queued");
  });

  it("queues each delivery of an event whose id says nothing", async () => {
    const job = eventJob({ eventId: "evt_00000000000000", dedupe: false });
    expect(await intake.admit(job)).toBe("queued");
    expect(await intake.admit(eventJob({ eventId: job.eventId, dedupe: false }))).toBe("queued");
    expect(await jobsOf(job.eventId)).toHaveLength(2);
  });

  it.each(["9007199254740993", "a:b:c", "0", "0:1", "-5", "{}", "é\u0000", "x".repeat(255)])(
    "takes the event id %j, which BullMQ would refuse as a job id",
    async (eventId) => {
      expect(await intake.admit(eventJob({ eventId }))).toBe("queued");
      expect(await intake.admit(eventJob({ eventId }))).toBe("duplicate");
    },
  );

  it("remembers an event for as long as it is told to", async () => {
    const brief = createIntake(producer, { shards: 1, ledgerHours: 2 });
    const job = eventJob({ eventId: "evt_brief" });
    await brief.admit(job);
    const hours = (await producer.pttl(queue.toKey(`de:${ledgerId(job.tenantId, job.provider, job.eventId)}`))) / 3_600_000;
    expect([hours > 1.9, hours <= 2]).toEqual([true, true]);
    await brief.close();
  });

  it("lets other tenants pass one that has much pending", async () => {
    await Promise.all(Array.from({ length: 700 }, () => intake.admit(eventJob({ tenantId: "loud" }))));
    const late = eventJob({ tenantId: "loud" });
    const quiet = eventJob({ tenantId: "quiet" });
    await intake.admit(late);
    await intake.admit(quiet);
    expect((await queue.getJob(late.deliveryId))?.priority).toBeGreaterThan(0);
    expect((await queue.getJob(quiet.deliveryId))?.priority).toBe(0);
  });
});

describe("a fault of ours", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it("sends a delivery back as an outage does, but by its own name", async () => {
    jest.spyOn(Job.prototype, "addJob").mockRejectedValue(new TypeError("ours"));
    await expect(intake.admit(eventJob())).rejects.toMatchObject({ name: "QueueUnavailable", reason: "redis", code: "TypeError" });
  });
});

describe("bounds", () => {
  it("takes no more at once than it is told to", async () => {
    const small = createIntake(producer, { shards: 1, mostInHand: 2 });
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => small.admit(eventJob())));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(outcomes[2]).toMatchObject({ reason: { name: "QueueUnavailable", reason: "busy" } });
    expect(await small.admit(eventJob())).toBe("queued");
    await small.close();
  });

  it("takes no more bytes at once than it is told to", async () => {
    const small = createIntake(producer, { shards: 1, mostBytesInHand: 1_000 });
    // Of three bytes each.
    const outcomes = await Promise.allSettled([200, 200, 100].map((n) => small.admit(eventJob({ body: "字".repeat(n) }))));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await small.close();
  });

  it("has finished what it had in hand once it is closed", async () => {
    const closing = createIntake(producer, { shards: 1 });
    const job = eventJob({ eventId: "evt_in_hand" });
    const admitted = closing.admit(job);
    await closing.close();
    expect(closing.figures().inHand).toBe(0);
    expect(await jobsOf(job.eventId)).toHaveLength(1);
    expect(await admitted).toBe("queued");
  });

  it("has written out the jobless deliveries that it noted once it is closed", async () => {
    const closing = createIntake(producer, { shards: 1 });
    closing.note({ ...eventJob(), providerEventId: null, providerEventType: null, outcome: "rejected", reason: "mismatch" });
    await closing.close();
    expect(await producer.xlen(JOBLESS_DELIVERIES_KEY)).toBe(1);
  });

  it("takes nothing once it is closed", async () => {
    const closed = createIntake(producer, { shards: 1 });
    await closed.close();
    await expect(closed.admit(eventJob())).rejects.toMatchObject({ name: "QueueUnavailable", reason: "stopping" });
  });
});
