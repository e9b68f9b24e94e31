import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createDesk, NO_TROUBLES, workBackfills, type BackfillRest, type BackfillWork, type Desk, type RedisConnection, type Troubles, type Workers } from "@mara/queue";
import { Queue } from "bullmq";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { prefixOf } from "./keys.ts";

const FIRST = "01900000-0000-7000-8000-000000000001";
const SECOND = "01900000-0000-7000-8000-000000000002";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let connection: RedisConnection;
let desk: Desk;
let queue: Queue;
let workers: Workers[] = [];
let troubles: Error[] = [];
let givenUp: string[] = [];

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  connection = connectRedis(redis.url, "worker", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  desk = createDesk(producer, { shards: 1 });
  queue = new Queue("backfills", { connection: producer, prefix: prefixOf("backfills") });
});

beforeEach(async () => {
  await producer.flushall();
});

afterEach(async () => {
  await Promise.all(workers.map((each) => each.close()));
  workers = [];
  troubles = [];
  givenUp = [];
});

afterAll(async () => {
  await desk.close();
  await queue.close();
  producer.disconnect();
  connection.disconnect();
  await redis.stop();
});

/** Has one place. */
function start(work: BackfillWork["work"]): void {
  workers.push(
    workBackfills(connection, { concurrency: 1 }, {
      work,
      failed: async (_job, reason) => void givenUp.push(reason),
      permanent: () => false,
      onError: (error) => void troubles.push(error),
    }),
  );
}

const jobOf = async (id: string) => queue.getJob(`backfill-${id}`);
const stateOf = async (id: string) => (await jobOf(id))?.getState();

describe("a backfill that rests", () => {
  it("leaves its place to others, for as long as it has to", async () => {
    start(async ({ backfillId }) => (backfillId === FIRST ? { waitMs: 3_600_000, troubles: NO_TROUBLES } : null));
    const before = Date.now();
    for (const id of [FIRST, SECOND]) await desk.startBackfill("demo", id);
    await eventually(() => stateOf(SECOND), (state) => state === "completed");
    expect(await stateOf(FIRST)).toBe("delayed");
    expect(troubles).toEqual([]);
    // BullMQ keeps the time in the upper bits.
    const due = Number(await producer.zscore(`${prefixOf("backfills")}:backfills:delayed`, `backfill-${FIRST}`)) / 0x1000;
    expect(due).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  it("uses up no attempt, and goes on with the troubles that it had", async () => {
    const seen: [number, Troubles | undefined][] = [];
    start(async (job, attempt) => {
      seen.push([attempt, job.troubles]);
      return seen.length < 12 ? { waitMs: 1, troubles: { waits: seen.length, failures: 0 } } : null;
    });
    await desk.startBackfill("demo", FIRST);
    await eventually(() => stateOf(FIRST), (state) => state === "completed");
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => [1, i === 0 ? undefined : { waits: i, failures: 0 }]));
  });

  it("is left to the process that took it meanwhile, which hears nothing of the troubles that it had here", async () => {
    let rest: ((until: BackfillRest) => void) | undefined;
    await desk.startBackfill("demo", FIRST);
    const job = `${prefixOf("backfills")}:backfills:backfill-${FIRST}`;
    // Its last attempt: what fails now is given up.
    await producer.hset(job, "atm", 7);
    start(({ backfillId }) => (backfillId === FIRST ? new Promise((resolve) => (rest = resolve)) : Promise.resolve(null)));
    await eventually(() => rest, (begun) => begun !== undefined);
    // As after a time without a sign of life.
    await producer.set(`${job}:lock`, "another process");
    rest?.({ waitMs: 60_000, troubles: { waits: 9, failures: 9 } });
    await desk.startBackfill("demo", SECOND);
    await eventually(() => stateOf(SECOND), (state) => state === "completed");
    expect((await jobOf(FIRST))?.data).toEqual({ tenantId: "demo", backfillId: FIRST });
    expect(await stateOf(FIRST)).toBe("active");
    expect(givenUp).toEqual([]);
  });

  it("forgets its troubles once it goes on, so that who takes it over counts from nothing", async () => {
    let whileWorking: unknown;
    let runs = 0;
    start(async () => {
      if (runs++ === 0) return { waitMs: 1, troubles: { waits: 9, failures: 9 } };
      whileWorking = (await jobOf(FIRST))?.data;
      return null;
    });
    await desk.startBackfill("demo", FIRST);
    await eventually(() => stateOf(FIRST), (state) => state === "completed");
    expect(whileWorking).toEqual({ tenantId: "demo", backfillId: FIRST });
  });
});
