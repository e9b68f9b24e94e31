import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, type Logger } from "@mara/runtime";
import { eventually } from "../../../test/support/eventually.ts";
import { startProcesses, type RunningProcesses } from "./processes.ts";

let dir: string;
/** The program that they run. */
let exec: string;
/** Where the processes run: where it is no folder, they can't be started. */
let place: string;
let lines: string[];
let log: Logger;
let processes: RunningProcesses | null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-processes-"));
  place = join(dir, "place");
  exec = join(dir, "program.mjs");
  await writeFile(exec, "setInterval(() => {}, 1_000);");
  cluster.setupPrimary({ exec, execArgv: [], cwd: place });
  lines = [];
  log = createLogger("ingest", "warn", { write: (line) => void lines.push(line) });
  processes = null;
});

afterEach(async () => {
  await processes?.close();
  await rm(dir, { recursive: true, force: true });
});

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap((worker) => (worker?.process.pid !== undefined && !worker.isDead() ? [worker] : []));
}

describe("an ingest process", () => {
  it.each([
    ["the system can't start", async () => undefined, "an ingest process can't be started or reached"],
    ["the system refuses at once", () => writeFile(place, ""), "an ingest process can't be started"],
  ])("that %s is started again, once", async (_what, spoil, msg) => {
    await spoil();
    processes = startProcesses(1, log, () => undefined);
    const [failed] = Object.values(cluster.workers ?? {});
    // A second error of the same one.
    failed?.once("error", () => failed.once("disconnect", () => failed.send("late")));
    await eventually(() => lines, ([line]) => line !== undefined);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", msg });
    await rm(place, { force: true });
    await mkdir(place);
    await eventually(running, (workers) => workers.length > 0);
    expect(running()).toHaveLength(1);
  });

  it("that ended is replaced once, and what is sent to it then ends nothing", async () => {
    await mkdir(place);
    processes = startProcesses(1, log, () => undefined);
    const [ended] = running();
    ended?.process.kill("SIGKILL");
    await eventually(() => ended?.isDead() === true && !ended.isConnected(), (isGone) => isGone);
    ended?.send("late");
    await eventually(running, (workers) => workers.length > 0);
    expect(running()).toHaveLength(1);
    expect(running()).not.toContain(ended);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", msg: "an ingest process ended; starting another", signal: "SIGKILL" },
      { level: "warn", msg: "an ingest process can't be started or reached" },
    ]);
  });

  it("that ends with 1 before any of them listens is replaced by none", async () => {
    await mkdir(place);
    await writeFile(exec, "process.exit(1);");
    let givenUp = 0;
    processes = startProcesses(2, log, () => givenUp++);
    await eventually(() => givenUp > 0 && running().length === 0, (isOver) => isOver);
    expect([givenUp, lines]).toEqual([1, []]);
  });

  it("that ends with 1 once one of them has listened is replaced", async () => {
    await mkdir(place);
    await writeFile(exec, `import { createServer } from "node:net";
      createServer().listen(0, "127.0.0.1");
      process.on("message", () => process.exit(1));`);
    let givenUp = 0;
    processes = startProcesses(1, log, () => givenUp++);
    const [first] = running();
    await once(cluster, "listening");
    first?.send("end");
    await eventually(running, (workers) => first !== undefined && workers.length > 0 && !workers.includes(first));
    expect(givenUp).toBe(0);
  });
});
