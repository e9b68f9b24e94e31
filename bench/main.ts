import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "../launch/start/build.ts";
import { backfill } from "./backfill.ts";
import { comparison } from "./comparison.ts";
import { endToEnd } from "./end-to-end.ts";
import { growth } from "./growth.ts";
import { ingest } from "./ingest.ts";
import { makeBed } from "./measure/bed.ts";
import { keepResult } from "./measure/results.ts";
import { memory } from "./memory.ts";
import type { Part, Run } from "./part.ts";
import { redisBytes } from "./redis-bytes.ts";
import { worker } from "./worker.ts";

// npm run bench                     what takes minutes
// npm run bench -- growth memory    parts by name; `all` for every one
// npm run bench -- --short          one short round of each: whether it works, not how fast

const ROOT = join(import.meta.dirname, "..");
const USUAL = { ingest, worker, "end-to-end": endToEnd, "redis-bytes": redisBytes, backfill } satisfies Record<string, Part>;
/** Those that take long, or need something from outside. */
const LONG = { growth, memory, comparison } satisfies Record<string, Part>;
const PARTS: ReadonlyMap<string, Part> = new Map(Object.entries({ ...USUAL, ...LONG }));

const asked = process.argv.slice(2).filter((word) => word !== "--short");
const short = process.argv.includes("--short");
const names = asked.includes("all") ? [...PARTS.keys()] : asked.length > 0 ? asked : Object.keys(USUAL);
const unknown = names.find((name) => !PARTS.has(name));
if (unknown !== undefined) leave(`There is no part "${unknown}". There are: ${[...PARTS.keys()].join(", ")}, all.`);
if (spawnSync("wrk", ["-v"]).error) {
  leave("The bench fires its load with wrk: install it first (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk).");
}

build(ROOT, ["ingest", "worker"]);
const bed = await makeBed(20);
const run: Run = { bed, short, alone: new Map() };
try {
  console.log(`Measuring on ${availableParallelism()} cores; every acknowledgement and every commit is on disk.`);
  for (const name of names) {
    const part = PARTS.get(name);
    if (!part) continue;
    console.log(`\n${part.title}`);
    const { figures, said } = await part.measure(run);
    console.log(said.join("\n"));
    // What a short round says is worth nothing to anybody later.
    if (!short) await keepResult(join(ROOT, "bench/results"), name, figures);
  }
} finally {
  await bed.close();
}

function leave(why: string): never {
  console.error(why);
  process.exit(1);
}
