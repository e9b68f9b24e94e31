import { afterEach, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectRedis, createIntake, type Intake } from "@mara/queue";
import { eventJob } from "./support/event-job.ts";
import { eventually } from "./support/eventually.ts";
import { startRedisCluster } from "./support/redis-cluster.ts";
import { freshRedis } from "./support/services.ts";

const SHARDS = 8;
const operating = readFileSync(join(import.meta.dirname, "../docs/operating.md"), "utf8");
/** The guide's own commands, as they stand in its list. */
const [, commands = ""] = /^ {3}```sh\n( {3}REDIS=[^]*?)\n {3}```$/m.exec(operating) ?? [];

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

/** What the guide has an operator do, with a node of their own in place of its example's. */
async function forget(node: string): Promise<{ readonly said: string; readonly left: number }> {
  const script = commands.replace(/REDIS=\S+/, `REDIS=${node}`);
  const { stdout, stderr } = await promisify(execFile)("sh", ["-c", script]);
  return { said: stdout + stderr, left: Number(stdout.trim().split("\n").at(-1)) };
}

async function intakeOf(url: string): Promise<Intake> {
  const producer = connectRedis(url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
  const intake = createIntake(producer, { shards: SHARDS });
  closers.push(() => producer.disconnect(), () => intake.close());
  return intake;
}

/** Deliveries over all queues, of more events than one page of a scan has. */
const jobs = Array.from({ length: 200 }, (_, i) => eventJob({ tenantId: `tenant-${i % 40}` }));
const redelivered = jobs.map(({ tenantId, eventId }) => eventJob({ tenantId, eventId }));

async function answers(intake: Intake, sent: typeof jobs): Promise<string[]> {
  return [...new Set(await Promise.all(sent.map((job) => intake.admit(job))))];
}

describe("the guide's way to forget the ledger after a restore", () => {
  it("has redeliveries queued again on one Redis", async () => {
    const redis = await freshRedis();
    closers.push(() => redis.stop());
    const intake = await intakeOf(redis.url);
    expect([await answers(intake, jobs), await answers(intake, redelivered)]).toEqual([["queued"], ["duplicate"]]);
    const { said, left } = await forget(`127.0.0.1:${redis.port}`);
    expect(said).toContain(`errors: 0, replies: ${jobs.length}`);
    expect(left).toBe(0);
    expect(await answers(intake, redelivered)).toEqual(["queued"]);
  });

  it("has them queued again on a cluster, whose queues lie on several nodes", async () => {
    const cluster = await startRedisCluster();
    closers.push(() => cluster.stop());
    const intake = await intakeOf(cluster.url);
    expect([await answers(intake, jobs), await answers(intake, redelivered)]).toEqual([["queued"], ["duplicate"]]);
    const { said, left } = await forget(`127.0.0.1:${cluster.nodes.at(-1)?.port}`);
    const forgotten = [...said.matchAll(/errors: 0, replies: (\d+)/g)].map(([, replies]) => Number(replies));
    expect(forgotten).toHaveLength(3);
    expect(forgotten.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(forgotten.reduce((sum, count) => sum + count, 0)).toBe(jobs.length);
    expect(left).toBe(0);
    expect(await answers(intake, redelivered)).toEqual(["queued"]);
  });
});
