import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createDesk } from "@mara/queue";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../launch/services/redis-program.ts";
import { startRedis, type RunningRedis } from "../../launch/services/redis.ts";
import { eventually } from "../support/eventually.ts";
import { openGate, type Gate } from "../support/gate.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf, sendSigned, type IngestAnswer } from "../support/provider-client.ts";
import { freshDatabase } from "../support/services.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let dataDir: string;
let redis: RunningRedis;
/** What everybody reaches Postgres by. */
let toPostgres: Gate;
let pipeline: Pipeline;
let tenant: PipelineTenant;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-redis-"));
  [database, redis] = await Promise.all([freshDatabase(), startRedis({ dataDir })]);
  toPostgres = await openGate(database.url);
  pipeline = await openPipeline({ databaseUrl: toPostgres.url, redisUrl: redis.url, lockDuration: 2_000 });
  tenant = await pipeline.tenant();
  await tenant.sendSample("clerk", "user.created", "warm");
  await tenant.settled();
});
afterEach(async () => {
  toPostgres.open();
  await pipeline.close();
  await toPostgres.close();
  await redis.stop();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const COUNT = 300;

let seeds = 0;
const purchases = (count: number) => Array.from({ length: count }, () => sampleOf("polar", "order.paid", { at: Date.now(), seed: `o${++seeds}`, person: { email: `p${seeds % 50}@example.com` } }));

const statusOf = ({ status, body }: IngestAnswer) => `${status} ${(body as { status?: string; error?: string }).status ?? (body as { error?: string }).error}`;
const sendAll = async (events: readonly { id: string; body: string }[]) => (await Promise.all(events.map((event) => tenant.send("polar", event)))).map(statusOf);
/** As a provider does it, a few at a time: more would only wait for each other in this one process. */
async function sendUntilTaken(events: readonly { id: string; body: string }[]): Promise<void> {
  const waiting = [...events];
  const sender = async () => {
    for (let event = waiting.pop(); event !== undefined; event = waiting.pop()) {
      const { id, body } = event;
      await eventually(() => tenant.send("polar", { id, body }), ({ status }) => status === 200);
    }
  };
  await Promise.all(Array.from({ length: 10 }, sender));
}

/** Sends new ones, so many bytes each, until ingest takes no more. Answers all of them, also the one that it did not take. */
async function sendUntilRefused(bytes: number): Promise<{ id: string; body: string }[]> {
  const events: { id: string; body: string }[] = [];
  for (;;) {
    const [event] = purchases(1);
    if (event === undefined) continue;
    const padded = { id: event.id, body: event.body.replace('"metadata":{', `"metadata":{"note":"${"x".repeat(bytes)}",`) };
    events.push(padded);
    const { status, headers } = await tenant.send("polar", padded);
    if (status === 200) continue;
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toMatch(/^\d+$/);
    return events;
  }
}

const ingestReadiness = async () => (await fetch(`${pipeline.ingestUrls[0]}/readyz`)).json();

/** The console can't be asked while Postgres is away. */
async function pendingInRedis(): Promise<number> {
  const connection = connectRedis(redis.url, "worker", () => undefined);
  const desk = createDesk(connection, { shards: 1 });
  try {
    return (await desk.pendingCounts(tenant.id)).polar;
  } finally {
    await desk.close();
    connection.disconnect();
  }
}

/** Each of them once, whatever happened on the way. */
async function expectRecordedOnce(events: readonly { id: string }[]): Promise<void> {
  const recorded = async () => (await pipeline.api.events(tenant.id, "provider=polar")).map((event) => event.providerEventId);
  await eventually(async () => (await recorded()).length, (count) => count >= events.length);
  expect((await recorded()).sort()).toEqual(events.map(({ id }) => id).sort());
  expect((await pipeline.api.deliveries(tenant.id, "provider=polar&outcome=processed"))).toHaveLength(events.length);
  expect(await pipeline.api.deliveries(tenant.id, "outcome=failed")).toEqual([]);
}

describe("while Postgres", () => {
  it.each([
    ["is away", () => toPostgres.cut()],
    ["hangs", () => toPostgres.hold()],
  ])("%s, deliveries are taken, and the backlog drains by itself when it is back", async (_what, fail) => {
    const events = purchases(COUNT);
    const under = sendUntilTaken(events.slice(0, 100));
    fail();
    await under;
    await sendUntilTaken(events.slice(100));
    expect(await ingestReadiness()).toEqual({ status: "ready" });
    expect(await pendingInRedis()).toBeGreaterThanOrEqual(200);
    toPostgres.open();
    await expectRecordedOnce(events);
    await tenant.settled();
  });

  it("is away, a tenant that ingest has never heard of is told to come again, and nobody else", async () => {
    toPostgres.cut();
    const stranger = await sendSigned(pipeline.ingestUrls[0], "stranger", "polar", purchases(1)[0] ?? { id: "", body: "" }, tenant.secrets.polar);
    expect(stranger).toMatchObject({ status: 503, body: { error: "unavailable" } });
    expect(stranger.headers.get("retry-after")).toMatch(/^\d+$/);
    await sendUntilTaken(purchases(1));
    toPostgres.open();
    await eventually(
      () => sendSigned(pipeline.ingestUrls[0], "stranger", "polar", { id: "msg_1", body: "" }, tenant.secrets.polar),
      ({ status }) => status === 404,
    );
  });
});

describe("while Redis", () => {
  it.each([
    ["is away", async () => {
      redis.process.kill("SIGKILL");
      await once(redis.process, "exit");
    }, async () => {
      redis = await startRedis({ dataDir, port: redis.port });
    }],
    ["hangs", async () => void redis.process.kill("SIGSTOP"), async () => void redis.process.kill("SIGCONT")],
  ])("%s, senders are told to come again, and no restart is needed when it is back", async (_what, fail, mend) => {
    const events = purchases(COUNT);
    await sendUntilTaken(events.slice(0, 100));
    await fail();
    for (let round = 0; round < 3; round++) expect(new Set(await sendAll(events.slice(100)))).toEqual(new Set(["503 unavailable"]));
    expect(await ingestReadiness()).toEqual({ status: "unavailable", failing: "redis" });
    const inHand = /^mara_\w*in_hand\w* (\d+)$/m;
    await eventually(async () => inHand.exec(await (await fetch(`${pipeline.ingestUrls[0]}/metrics`)).text())?.[1], (count) => count === "0");
    await mend();
    await eventually(ingestReadiness, (body) => JSON.stringify(body) === '{"status":"ready"}');
    // Some may have got there after all: those are duplicates now, and there once.
    await sendUntilTaken(events.slice(100));
    await expectRecordedOnce(events);
  });

  it("is full, senders are told to come again, and it empties by itself", async () => {
    await pipeline.stopWorkers();
    const connection = connectRedis(redis.url, "worker", () => undefined);
    const [, used = ""] = /used_memory:(\d+)/.exec(await connection.info("memory")) ?? [];
    await connection.config("SET", "maxmemory", String(Number(used) + 8_000_000));
    connection.disconnect();
    const events = await sendUntilRefused(100_000);
    await pipeline.startWorker();
    await sendUntilTaken(events);
    await expectRecordedOnce(events);
  });

  it("has no room left on its disk, senders are told to come again, and what was taken is there when it has", async () => {
    const small = join(dataDir, "small-disk.sh");
    // In blocks of half a kilobyte: no file grows beyond, as on a disk that is full.
    await writeFile(small, `#!/bin/sh\nulimit -f 2000\nexec ${findRedis() ?? "redis-server"} "$@"\n`, { mode: 0o755 });
    await redis.stop();
    redis = await startRedis({ dataDir, port: redis.port, program: small });
    await eventually(ingestReadiness, (body) => JSON.stringify(body) === '{"status":"ready"}');
    const events = await sendUntilRefused(30_000);
    await redis.ended;
    redis = await startRedis({ dataDir, port: redis.port });
    await sendUntilTaken(events);
    await expectRecordedOnce(events);
  });
});
