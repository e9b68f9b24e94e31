import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Sample } from "@mara/connectors";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis, type RunningRedis } from "../../launch/services/redis.ts";
import { appProcesses, type AppProcess } from "../support/app-processes.ts";
import { eventually } from "../support/eventually.ts";
import { openGate, type Gate } from "../support/gate.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf, sendSigned } from "../support/provider-client.ts";
import { sweepMarks } from "../support/sweep.ts";

// A delivery's way through ingest: verified, marked as pending, looked up in the ledger, added and noted as seen (which is
// one script, and one step), answered. Something is killed between each two of them, and the provider sends it again.

let dataDir: string;
let redis: RunningRedis;
/** What ingest reaches Redis by. */
let gate: Gate;
let pipeline: Pipeline;
let tenant: PipelineTenant;
let event: Sample;
const processes = appProcesses();
let seeds = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-redis-"));
  redis = await startRedis({ dataDir });
  gate = await openGate(redis.url);
  pipeline = await openPipeline({ redisUrl: redis.url, workers: 0 });
  tenant = await pipeline.tenant();
});
afterAll(async () => {
  await pipeline.close();
  await processes.stop();
  await gate.close();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => {
  event = sampleOf("polar", "order.paid", { at: Date.now(), seed: `seam${++seeds}`, person: { email: `p${seeds}@example.com` } });
});
afterEach(() => gate.open());

const startIngest = () => processes.ingest({ databaseUrl: pipeline.databaseUrl, redisUrl: gate.url });
const sendTo = ({ url }: { readonly url: string }) => sendSigned(url, tenant.id, "polar", event, tenant.secrets.polar);

/** What a redelivery is answered once somebody takes it. */
async function redelivered(ingest: { readonly url: string }): Promise<unknown> {
  const taken = await eventually(() => sendTo(ingest).catch(() => null), (answer) => answer?.status === 200);
  return taken?.body;
}

async function expectRecordedOnce(): Promise<void> {
  // An attempt that got no further than its mark shows as queued until this.
  await sweepMarks(redis.url);
  await pipeline.startWorker();
  const ours = async () => (await pipeline.api.deliveries(tenant.id)).filter((delivery) => delivery.providerEventId === event.id && delivery.outcome !== "duplicate");
  await eventually(ours, (seen) => seen.length > 0 && seen.every(({ outcome }) => outcome !== "queued"));
  await pipeline.stopWorkers();
  expect((await ours()).map(({ outcome }) => outcome)).toEqual(["processed"]);
  expect((await pipeline.api.events(tenant.id)).filter((each) => each.providerEventId === event.id)).toHaveLength(1);
  expect(await pipeline.api.contacts(tenant.id, `email=p${seeds}@example.com`)).toHaveLength(1);
}

interface Seam {
  readonly between: string;
  /** Resolves when the delivery is just there. */
  reached(): Promise<void>;
  /** How often it is listed as queued then: only a job has a mark, and every job. */
  readonly listed: 0 | 1;
  readonly again: "queued" | "duplicate";
}

const SEAMS: readonly Seam[] = [
  { between: "verifying and marking it as pending", reached: () => gate.stopAt(event.id, "there"), listed: 0, again: "queued" },
  { between: "marking it and adding its job", reached: () => gate.stopAt(`"eventId":"${event.id}"`, "there"), listed: 0, again: "queued" },
  { between: "adding its job and hearing of it", reached: () => gate.stopAnswerTo(`"eventId":"${event.id}"`), listed: 1, again: "duplicate" },
];

describe("an ingest that is killed between", () => {
  let ingest: AppProcess;

  beforeEach(async () => {
    ingest = await startIngest();
    // The scripts are known to Redis from now on.
    await sendSigned(ingest.url, tenant.id, "polar", sampleOf("polar", "order.paid", { at: Date.now(), seed: `warm${seeds}` }), tenant.secrets.polar);
  });

  it.each(SEAMS)("$between leaves a delivery that its redelivery makes whole", async ({ reached, again }) => {
    const there = reached();
    const first = sendTo(ingest).catch(() => "gone");
    await there;
    await ingest.end("SIGKILL");
    expect(await first).toBe("gone");
    // What had not reached Redis by then is lost with the process.
    gate.cut();
    gate.open();
    expect(await redelivered({ url: pipeline.ingestUrls[0] })).toEqual({ status: again });
    await expectRecordedOnce();
  });

  it("hearing of its job and answering leaves a delivery whose redelivery is a duplicate", async () => {
    const way = await openGate(ingest.url);
    try {
      const answered = way.stopAt('"status":"queued"', "back");
      const first = sendTo({ url: way.url.replace(/\/$/, "") }).catch(() => "gone");
      await answered;
      await ingest.end("SIGKILL");
      await way.close();
      expect(await first).toBe("gone");
    } finally {
      await way.close();
    }
    expect(await redelivered({ url: pipeline.ingestUrls[0] })).toEqual({ status: "duplicate" });
    await expectRecordedOnce();
  });
});

describe("a delivery that stands between", () => {
  let ingest: AppProcess;

  beforeAll(async () => {
    ingest = await startIngest();
  });

  it.each(SEAMS)("$between has its job and its mark as pending, or neither", async ({ reached, listed }) => {
    await redelivered(ingest);
    event = sampleOf("polar", "order.paid", { at: Date.now(), seed: `together${seeds}` });
    const there = reached();
    const answered = sendTo(ingest);
    await there;
    const marked = (await pipeline.api.deliveries(tenant.id)).filter(({ providerEventId }) => providerEventId === event.id);
    expect(marked).toHaveLength(listed);
    gate.open();
    await answered;
  });
});

describe("a Redis that is killed between", () => {
  let ingest: AppProcess;

  beforeAll(async () => {
    ingest = await startIngest();
  });

  it.each(SEAMS)("$between gets its sender told to come again, and then the delivery is made whole", async ({ reached, again }) => {
    await redelivered({ url: ingest.url });
    event = sampleOf("polar", "order.paid", { at: Date.now(), seed: `killed${seeds}`, person: { email: `p${seeds}@example.com` } });
    const there = reached();
    const first = sendTo(ingest);
    await there;
    redis.process.kill("SIGKILL");
    await once(redis.process, "exit");
    expect(await first).toMatchObject({ status: 503, body: { error: "unavailable" } });
    redis = await startRedis({ dataDir, port: redis.port });
    gate.open();
    expect(await redelivered(ingest)).toEqual({ status: again });
    await expectRecordedOnce();
  });
});
