import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectRedis, createIntake, QueueUnavailable, workEvents, type EventJob, type Intake, type RedisConnection } from "@mara/queue";
import { startRedis, type RunningRedis } from "../../../launch/services/redis.ts";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";

let dataDir: string;
let redis: RunningRedis;
let producer: RedisConnection;
let intake: Intake;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-redis-"));
  redis = await startRedis({ dataDir });
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  intake = createIntake(producer, { shards: 1 });
});

afterEach(async () => {
  await intake.close();
  producer.disconnect();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** As a machine that loses power: nothing is written that was not written before. */
async function kill(): Promise<void> {
  redis.process.kill("SIGKILL");
  await once(redis.process, "exit");
}

async function startAgain(): Promise<void> {
  redis = await startRedis({ dataDir, port: redis.port });
}

function admitted(job: EventJob): Promise<string> {
  return eventually(
    () => intake.admit(job).catch(() => "unavailable"),
    (outcome) => outcome !== "unavailable",
  );
}

/** Works everything off, and answers what it saw. */
async function worked(count: number): Promise<EventJob[]> {
  const seen: EventJob[] = [];
  const connection = connectRedis(redis.url, "worker", () => undefined);
  const workers = workEvents(connection, { shards: 1, concurrency: 10 }, {
    work: async (job) => {
      seen.push(job);
    },
    failed: async () => undefined,
    permanent: () => true,
    onError: () => undefined,
  });
  await eventually(() => seen.length, (n) => n >= count);
  await workers.close();
  connection.disconnect();
  return seen;
}

describe("Redis away", () => {
  it("makes the queue unavailable, until Redis is back", async () => {
    await redis.stop();
    await expect(intake.admit(eventJob())).rejects.toThrow(QueueUnavailable);
    await startAgain();
    expect(await admitted(eventJob())).toBe("queued");
  });

  it("makes the queue unavailable from the start, until Redis is there", async () => {
    await redis.stop();
    const early = connectRedis(redis.url, "producer", () => undefined);
    const waiting = createIntake(early, { shards: 1 });
    await expect(waiting.admit(eventJob())).rejects.toThrow(QueueUnavailable);
    await startAgain();
    const outcome = await eventually(
      () => waiting.admit(eventJob()).catch(() => "unavailable"),
      (seen) => seen !== "unavailable",
    );
    expect(outcome).toBe("queued");
    await waiting.close();
    early.disconnect();
  });

  it("loses nothing that was queued, also when it is killed", async () => {
    const jobs = Array.from({ length: 200 }, () => eventJob());
    const outcomes = await Promise.all(jobs.map((job) => intake.admit(job)));
    await kill();
    expect(new Set(outcomes)).toEqual(new Set(["queued"]));
    await startAgain();
    const seen = await worked(jobs.length);
    expect(new Set(seen.map((job) => job.eventId))).toEqual(new Set(jobs.map((job) => job.eventId)));
  });

  it("knows after a kill what it had seen before", async () => {
    const job = eventJob();
    await intake.admit(job);
    await kill();
    await startAgain();
    expect(await admitted(eventJob({ eventId: job.eventId }))).toBe("duplicate");
  });

  it("gives up what is on its way when it is killed, and takes the redelivery as it is", async () => {
    const jobs = Array.from({ length: 500 }, () => eventJob());
    const answers = Promise.allSettled(jobs.map((job) => intake.admit(job)));
    await kill();
    await answers;
    await startAgain();
    for (const job of jobs) await admitted(eventJob({ eventId: job.eventId }));
    const seen = await worked(jobs.length);
    expect(seen.map((job) => job.eventId).sort()).toEqual(jobs.map((job) => job.eventId).sort());
  });
});

describe("a worker", () => {
  it("goes on by itself when Redis is back", async () => {
    const seen: string[] = [];
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const workers = workEvents(connection, { shards: 1, concurrency: 10 }, {
      work: async ({ deliveryId }) => void seen.push(deliveryId),
      failed: async () => undefined,
      permanent: () => true,
      onError: () => undefined,
    });
    await workers.ready();
    await kill();
    await startAgain();
    const job = eventJob();
    await admitted(job);
    await eventually(() => seen, (ids) => ids.includes(job.deliveryId));
    await workers.close();
    connection.disconnect();
  });

  it("rests while Redis has no memory for it, and goes on by itself when it has", async () => {
    const job = eventJob();
    await intake.admit(job);
    await producer.config("SET", "maxmemory", "1");
    const seen: string[] = [];
    const said: string[] = [];
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const workers = workEvents(connection, { shards: 1, concurrency: 10 }, {
      work: async ({ deliveryId }) => void seen.push(deliveryId),
      failed: async () => undefined,
      permanent: () => true,
      onError: ({ message }) => void said.push(message),
    });
    await eventually(() => said, (messages) => messages.some((message) => message.startsWith("OOM")));
    await producer.config("SET", "maxmemory", "0");
    await eventually(() => seen, (ids) => ids.includes(job.deliveryId));
    await workers.close();
    connection.disconnect();
  });
});

describe("a Redis that has forgotten its scripts", () => {
  it("is taught them again on the way", async () => {
    await intake.admit(eventJob());
    await producer.script("FLUSH");
    const jobs = Array.from({ length: 20 }, () => eventJob());
    const outcomes = await Promise.all(jobs.map((job) => intake.admit(job)));
    expect(new Set(outcomes)).toEqual(new Set(["queued"]));
    expect(await intake.admit(eventJob({ eventId: jobs[0]?.eventId ?? "" }))).toBe("duplicate");
    expect(await worked(jobs.length + 1)).toHaveLength(jobs.length + 1);
  });
});

describe("a Redis that hangs", () => {
  it("makes the queue unavailable within a bound, and holds nothing back", async () => {
    redis.process.kill("SIGSTOP");
    for (let round = 0; round < 3; round++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => intake.admit(eventJob())));
      expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => "rejected"));
    }
    await eventually(() => intake.figures().inHand, (inHand) => inHand === 0);
    redis.process.kill("SIGCONT");
    expect(await admitted(eventJob())).toBe("queued");
  });

  it("takes a redelivery of what it had got before it hung as a duplicate", async () => {
    const job = eventJob();
    redis.process.kill("SIGSTOP");
    await expect(intake.admit(job)).rejects.toThrow(QueueUnavailable);
    redis.process.kill("SIGCONT");
    expect(await admitted(eventJob({ eventId: job.eventId }))).toMatch(/queued|duplicate/);
    expect(await worked(1)).toHaveLength(1);
  });
});

describe("a Redis that refuses", () => {
  it.each([
    ["is out of memory", "maxmemory", "1"],
    ["has too few replicas", "min-replicas-to-write", "3"],
  ])("makes the queue unavailable while it %s, and leaves nothing half done", async (_why, setting, value) => {
    await producer.config("SET", setting, value);
    await expect(intake.admit(eventJob({ eventId: "evt_refused" }))).rejects.toThrow(QueueUnavailable);
    await producer.config("SET", setting, "0");
    expect(await admitted(eventJob({ eventId: "evt_refused" }))).toBe("queued");
    expect(await worked(1)).toHaveLength(1);
  });

  it.each([
    ["is out of memory", "maxmemory", "1", { reason: "full", code: "OOM" }],
    ["has too few replicas", "min-replicas-to-write", "3", { reason: "replicas", code: "NOREPLICAS" }],
  ])("is told from one that does not answer: it %s", async (_why, setting, value, told) => {
    await producer.config("SET", setting, value);
    await expect(intake.admit(eventJob())).rejects.toMatchObject(told);
  });

  it("takes no more once it is nearly full, so that the workers can empty it", async () => {
    await producer.config("SET", "maxmemory", "20mb");
    const body = "x".repeat(50_000);
    const jobs: EventJob[] = [];
    for (;;) {
      const batch = Array.from({ length: 10 }, () => eventJob({ body }));
      const outcomes = await Promise.allSettled(batch.map((job) => intake.admit(job)));
      jobs.push(...batch.filter((_job, i) => outcomes[i]?.status === "fulfilled"));
      if (outcomes.some(({ status }) => status === "rejected")) break;
    }
    const seen = await worked(jobs.length);
    expect(new Set(seen.map(({ eventId }) => eventId))).toEqual(new Set(jobs.map(({ eventId }) => eventId)));
    expect(await admitted(eventJob())).toBe("queued");
  });

  it("makes the queue unavailable while it is a replica, and is found again as a primary", async () => {
    await producer.replicaof("127.0.0.1", "1");
    await expect(intake.admit(eventJob())).rejects.toMatchObject({ name: "QueueUnavailable", reason: "redis", code: "READONLY" });
    const other = connectRedis(redis.url, "worker", () => undefined);
    await other.replicaof("NO", "ONE");
    other.disconnect();
    expect(await admitted(eventJob())).toBe("queued");
  });
});
