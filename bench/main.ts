import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "../launch/start/build.ts";
import { findProgram, installPackage } from "../launch/system-packages.ts";
import { backfill } from "./backfill.ts";
import { comparison } from "./comparison.ts";
import { endToEnd } from "./end-to-end.ts";
import { growth } from "./growth.ts";
import { ingest } from "./ingest.ts";
import { makeBed } from "./measure/bed.ts";
import { keepResult, resultOf, type Result } from "./measure/results.ts";
import { memory } from "./memory.ts";
import type { Part, Run } from "./part.ts";
import { redisBytes } from "./redis-bytes.ts";
import { worker } from "./worker.ts";

// npm run bench                     what takes minutes
// npm run bench -- growth memory    parts by name; `all` for every one
// npm run bench -- --short          one short round of each: whether it works, not how fast
// npm run bench -- --keep           writes what was found to bench/results as well
//
// Tables for people, and as the last line the same as JSON: `{ "<part>": { at, machine, ratios, figures }, … }`.

const ROOT = join(import.meta.dirname, "..");
const USUAL = { ingest, worker, "end-to-end": endToEnd, "redis-bytes": redisBytes, backfill } satisfies Record<string, Part>;
/** Those that take long, or need something from outside. */
const LONG = { growth, memory, comparison } satisfies Record<string, Part>;
const PARTS: ReadonlyMap<string, Part> = new Map(Object.entries({ ...USUAL, ...LONG }));

const words = process.argv.slice(2);
const asked = words.filter((word) => word !== "--short" && word !== "--keep");
const short = words.includes("--short");
// What a short round says is worth nothing to anybody later.
const keep = words.includes("--keep") && !short;
const names = asked.includes("all") ? [...PARTS.keys()] : asked.length > 0 ? asked : Object.keys(USUAL);
const unknown = names.find((name) => !PARTS.has(name));
if (unknown !== undefined) leave(`There is no part "${unknown}". There are: ${[...PARTS.keys()].join(", ")}, all.`);
if (names.some((name) => PARTS.get(name)?.fires)) haveWrk();

await build(ROOT, ["ingest", "worker"]);
const bed = await makeBed(20);
// Whoever ends the bench alone must not be left with what it started.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void bed.close().finally(() => process.exit(1)));
}
const run: Run = { bed, short, alone: new Map() };
const results: Record<string, Result> = {};
try {
  console.log(`Measuring on ${availableParallelism()} cores; every acknowledgement and every commit is on disk.`);
  for (const name of names) {
    const part = PARTS.get(name);
    if (!part) continue;
    console.log(`\n${part.title}`);
    const found = await part.measure(run);
    console.log(found.said.join("\n"));
    const result = resultOf(found);
    results[name] = result;
    if (keep) await keepResult(join(ROOT, "bench/results"), name, result);
  }
  console.log(`\n${JSON.stringify(results)}`);
} finally {
  await bed.close();
}

function haveWrk(): void {
  if (findProgram("wrk") !== null) return;
  console.log("Installing wrk …");
  if (!installPackage({ apt: "wrk", brew: "wrk" })) {
    leave("The bench fires its load with wrk: install it first (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk).");
  }
}

function leave(why: string): never {
  console.error(why);
  process.exit(1);
}
