import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Sample } from "@mara/connectors";
import { latestBackfill } from "@mara/store";
import { appProcesses, type AppProcess } from "../support/app-processes.ts";
import { eventually } from "../support/eventually.ts";
import { startFakeClerk, type FakeClerk } from "../support/fake-clerk.ts";
import { openGate, type Gate } from "../support/gate.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";
import { sweepMarks } from "../support/sweep.ts";
import { freshDatabase, freshRedis } from "../support/services.ts";

// A job's way through the worker: taken, written, committed, completed; and the same of each page of a backfill. The worker
// is killed between each two of them, and another one takes over.

let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: Awaited<ReturnType<typeof freshRedis>>;
let clerk: FakeClerk;
let pipeline: Pipeline;
let tenant: PipelineTenant;
/** What the worker that is to be killed reaches its services by. */
let toPostgres: Gate;
let toRedis: Gate;
let worker: AppProcess;
let event: Sample;
const processes = appProcesses();
let seeds = 0;

beforeAll(async () => {
  [database, redis, clerk] = await Promise.all([freshDatabase(), freshRedis(), startFakeClerk({ users: 1_200 })]);
  pipeline = await openPipeline({ databaseUrl: database.url, redisUrl: redis.url, clerkApiUrl: clerk.url, workers: 0, lockDuration: 1_000 });
});
afterAll(async () => {
  await pipeline.close();
  await clerk.close();
  await redis.stop();
  await database.drop();
});
beforeEach(async () => {
  [toPostgres, toRedis, tenant] = await Promise.all([openGate(database.url), openGate(redis.url), pipeline.tenant()]);
  worker = await processes.worker({ databaseUrl: toPostgres.url, redisUrl: toRedis.url, clerkApiUrl: clerk.url });
  event = sampleOf("polar", "order.paid", { at: Date.now(), seed: `seam${++seeds}`, person: { email: "ada@example.com" } });
});
afterEach(async () => {
  clerk.beforePage = () => undefined;
  await processes.stop();
  await pipeline.stopWorkers();
  await Promise.all([toPostgres.close(), toRedis.close()]);
});

/** Kills the worker where it stands, and has another one do what there is to do. */
async function killAndTakeOver(): Promise<void> {
  await worker.end("SIGKILL");
  await Promise.all([toPostgres.close(), toRedis.close()]);
  await pipeline.startWorker();
}

interface Seam {
  readonly between: string;
  /** Resolves when the worker is just there. */
  reached(): Promise<void>;
}

describe("a worker that is killed between", () => {
  it.each<Seam>([
    { between: "the queue's giving a job and getting it", reached: () => toRedis.stopAt(event.id, "back") },
    { between: "getting a job and beginning to write", reached: () => toPostgres.stopAt("BEGIN", "there") },
    { between: "locking the tenant's stream and hearing of it", reached: () => toPostgres.stopAnswerTo("FOR UPDATE") },
    { between: "writing the event and hearing of it", reached: () => toPostgres.stopAnswerTo(event.id) },
    { between: "writing everything and committing it", reached: () => toPostgres.stopAt("COMMIT", "there") },
    { between: "committing it and hearing of it", reached: () => toPostgres.stopAnswerTo("COMMIT") },
    { between: "hearing of the commit and completing the job", reached: () => toRedis.stopAt("events-0:completed", "there") },
    { between: "completing the job and hearing of it", reached: () => toRedis.stopAnswerTo("events-0:completed") },
  ])("$between leaves a job whose effects are there once in the end", async ({ reached }) => {
    const there = reached();
    await tenant.send("polar", event);
    await there;
    await killAndTakeOver();
    await eventually(() => pipeline.api.deliveries(tenant.id), (seen) => seen.every(({ outcome }) => outcome !== "queued"));

    const [contact] = await pipeline.api.contacts(tenant.id);
    const [recorded] = await pipeline.api.events(tenant.id);
    expect(await pipeline.api.deliveries(tenant.id)).toMatchObject([{ outcome: "processed", eventId: recorded?.id, contactId: contact?.id }]);
    expect(await pipeline.api.events(tenant.id)).toMatchObject([{ providerEventId: event.id, repeatOf: null }]);
    expect(await pipeline.api.contacts(tenant.id)).toMatchObject([{ email: "ada@example.com" }]);
    expect((await tenant.send("polar", event)).body).toEqual({ status: "duplicate" });
    // One that was killed just after completing its job may not have come to take away its mark.
    await sweepMarks(redis.url);
    await tenant.settled();
    const { health } = (await pipeline.api.integrations(tenant.id)).polar;
    expect(health).toMatchObject({ contacts: 1, pending: 0, last24h: { queued: 1, failed: 0 } });
  });
});

describe("a worker that is killed in a backfill between", () => {
  it.each<Seam>([
    { between: "asking for a page and getting it", reached: () => new Promise((resolve) => (clerk.beforePage = (page) => (page === 1 ? (resolve(), new Promise(() => undefined)) : undefined))) },
    { between: "getting a page and committing it", reached: () => inPage(1, () => toPostgres.stopAt("COMMIT", "there")) },
    { between: "committing a page and hearing of it", reached: () => inPage(1, () => toPostgres.stopAnswerTo("COMMIT")) },
    { between: "committing the last page and ending", reached: () => inPage(2, () => toPostgres.stopAnswerTo("COMMIT")) },
  ])("$between leaves a backfill that misses nobody and counts nobody twice", async ({ reached }) => {
    clerk.requests.length = 0;
    const there = reached();
    await pipeline.api.saveIntegration(tenant.id, "clerk", { apiKey: clerk.secretKey });
    await there;
    clerk.beforePage = () => undefined;
    await killAndTakeOver();
    const done = await eventually(() => latestBackfill(pipeline.store, tenant.id), (backfill) => backfill !== null && backfill.finishedAt !== null);
    expect(done).toMatchObject({ status: "done", total: 1_200, seen: 1_200, created: 1_200, updated: 0, skipped: 0 });
    expect((await pipeline.api.integrations(tenant.id)).clerk.health.contacts).toBe(1_200);
    expect(await pipeline.api.events(tenant.id)).toEqual([]);
  });
});

/** Sets the trap when the worker asks for that page, from 0. */
function inPage(wanted: number, trap: () => Promise<void>): Promise<void> {
  let pages = 0;
  return new Promise((resolve) => {
    clerk.beforePage = () => {
      if (pages++ === wanted) void trap().then(resolve);
    };
  });
}
