import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startIngest } from "@mara/ingest";
import { createLogger, listen } from "@mara/runtime";
import { readKeyring } from "@mara/store";
import { startWorker } from "@mara/worker";
import { eventually } from "./support/eventually.ts";
import { promtool } from "./support/promtool.ts";
import { freshDatabase, freshRedis } from "./support/services.ts";

const root = join(import.meta.dirname, "..");
const ops = join(root, "ops/prometheus");
const rules = readFileSync(join(ops, "alerts.yml"), "utf8");
const operating = readFileSync(join(root, "docs/operating.md"), "utf8");

const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name = ""]) => name);
const metricsNamed = (text: string) => [...new Set(text.match(/\bmara_[a-z_]+/g))];
/** What a histogram's rules name: its buckets. */
const withoutSuffix = (name: string) => name.replace(/_bucket$/, "");

/** What ingest and worker tell, right after their start. */
let told: string;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
  closers.push(() => database.drop(), () => redis.stop());
  const shared = {
    databaseUrl: database.url,
    redisUrl: redis.url,
    keyring: readKeyring(Buffer.alloc(32, 7).toString("base64")),
    shards: 1,
    log: createLogger("test", "silent"),
  };
  const ingest = startIngest({ ...shared, maxBodyBytes: 1_000 });
  const worker = startWorker({
    ...shared,
    concurrency: 1,
    maxBodyBytes: 1_000,
    clerkApiUrl: "http://127.0.0.1:9",
    retention: { payloadDays: 1, deliveryDays: 1 },
  });
  closers.push(() => ingest.close(), () => worker.close());
  const servers = await Promise.all([ingest, worker].map(({ app }) => listen(app, { host: "127.0.0.1", port: 0 })));
  closers.push(...servers.map((server) => () => server.close()));
  const texts = await Promise.all(
    servers.map(async ({ url }) => {
      await eventually(async () => (await fetch(`${url}/readyz`)).status, (status) => status === 200);
      return (await fetch(`${url}/metrics`)).text();
    }),
  );
  told = texts.join("\n");
});
afterAll(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

const isTold = (metric: string) => told.includes(`# TYPE ${withoutSuffix(metric)} `);

describe("the alert rules", () => {
  it("name only metrics that ingest or worker tell", () => {
    expect(metricsNamed(rules).filter((metric) => !isTold(metric))).toEqual([]);
  });

  it("ask only for labels that these metrics have from the start", () => {
    const selectors = [...rules.matchAll(/\b(mara_[a-z_]+)\{([^}]+)\}/g)].map(([text, metric = "", matchers = ""]) => ({ text, metric, matchers }));
    expect(selectors.filter(({ metric, matchers }) => !isMatched(metric, matchers)).map(({ text }) => text)).toEqual([]);
  });

  it("are each explained to operators, and no others are", () => {
    const explained = [...operating.matchAll(/`(Mara[A-Z]\w+)`/g)].map(([, name = ""]) => name);
    expect([...new Set(explained)].sort()).toEqual([...alerts].sort());
  });

  it("are each shown to fire", () => {
    const shown = [...readFileSync(join(ops, "alerts.test.yml"), "utf8").matchAll(/alertname: (\w+)\s+eval_time: \w+\s+exp_alerts:\s+- /g)];
    expect([...new Set(shown.map(([, name]) => name))].sort()).toEqual([...alerts].sort());
  });

  const program = promtool();
  (program === null ? it.skip : it)("fire where they should and nowhere else", () => {
    const { stdout, stderr, status } = spawnSync(program ?? "", ["test", "rules", "alerts.test.yml"], { cwd: ops, encoding: "utf8" });
    expect({ status, said: `${stdout}${stderr}`.trim() }).toMatchObject({ status: 0 });
  });
});

describe("the guide for operators", () => {
  it("names only metrics that ingest or worker tell", () => {
    expect(metricsNamed(operating).filter((metric) => !isTold(metric))).toEqual([]);
  });

  it("names every metric of ours that ingest and worker tell", () => {
    const ours = [...told.matchAll(/^# TYPE (mara_\w+) /gm)].map(([, name = ""]) => name);
    expect(ours.filter((metric) => !metricsNamed(operating).includes(metric))).toEqual([]);
  });
});

describe("no metric", () => {
  it("has a label with a tenant in it, or a stranger's word", () => {
    const labels = [...told.matchAll(/^mara_\w+\{([^}]*)\}/gm)].flatMap(([, text = ""]) => [...text.matchAll(/(\w+)="/g)].map(([, name]) => name));
    expect([...new Set(labels)].sort()).toEqual(["le", "node", "outcome", "provider", "queue", "reason", "state"]);
  });
});

/** Whether a series of the metric matches all of `name="value"` and `name=~"pattern"`, each alternative of a pattern included. */
function isMatched(metric: string, matchers: string): boolean {
  const series = told.split("\n").filter((line) => line.startsWith(`${metric}{`));
  return [...matchers.matchAll(/(\w+)=(~?)"([^"]*)"/g)].every(([, label, isPattern, value = ""]) =>
    (isPattern ? value.split("|") : [value]).every((alternative) =>
      series.some((line) => new RegExp(`[{,]${label}="${alternative}"`).test(line)),
    ),
  );
}
