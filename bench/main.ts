import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { build } from "../launch/start/build.ts";
import { benchIngest } from "./ingest.ts";
import { benchLatency } from "./latency.ts";
import { makeBed } from "./measure/bed.ts";
import { report, type Results } from "./report.ts";
import { benchWorker } from "./worker.ts";

const ROOT = join(import.meta.dirname, "..");
const short = process.argv.includes("--short");
const size = short
  ? { seconds: 2, rounds: 1, jobs: 3_000, latencySeconds: 3 }
  : { seconds: 5, rounds: 5, jobs: 20_000, latencySeconds: 10 };

if (spawnSync("wrk", ["-v"]).error) {
  console.error("The bench fires its load with wrk: install it first (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk).");
  process.exit(1);
}
build(ROOT, ["ingest", "worker"]);
const bed = await makeBed(20);
try {
  console.log(`Measuring on ${cpus().length} cores; every acknowledgement and every commit is on disk.`);
  const ingest = await benchIngest(bed, size);
  const worker = await benchWorker(bed, size);
  const slowest = Math.min(ingest.mapped.median, worker.worker.median);
  const latency = await benchLatency(bed, { perSecond: Math.floor(slowest / 5), seconds: size.latencySeconds });
  const results: Results = { at: new Date().toISOString(), cores: cpus().length, node: process.version, short, ingest, worker, latency };
  await mkdir(join(ROOT, "bench/results"), { recursive: true });
  await writeFile(join(ROOT, "bench/results/latest.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(report(results));
  console.log(JSON.stringify(results));
} finally {
  await bed.close();
}
