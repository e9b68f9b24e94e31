import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFile } from "../run-file.ts";
import { hasEnded } from "../services/running.ts";
import { endLeftovers } from "./leftovers.ts";

const ROOT = "/home/ada/mara";
const KNOWN = {
  urls: { ingest: "http://127.0.0.1:1", console: "http://127.0.0.1:2", worker: "http://127.0.0.1:3" },
  publicUrl: "http://localhost:1",
  databaseUrl: "",
  redisUrl: "redis://:secret@127.0.0.1:12345",
  secretsKey: "k",
  adminToken: "t",
};

let dir: string;
let children: ChildProcess[];

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), "mara-leftovers-")));
  await mkdir(join(dir, "postgres"));
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** A process with this in its command line. */
async function processOf(...command: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", ...command], { stdio: "ignore" });
  children.push(child);
  await once(child, "spawn");
  return child;
}

async function endLeftover(name: string, { pid }: ChildProcess): Promise<void> {
  const run = await createRunFile(dir, KNOWN);
  await run.update({ processes: pid === undefined ? {} : { [name]: pid } });
  await endLeftovers(ROOT, dir);
}

describe("what a killed start left behind", () => {
  it.each([
    ["postgres", () => ["postgres", "-D", join(dir, "postgres/cluster"), "-p", "1"]],
    ["redis", () => ["redis-server 127.0.0.1:12345"]],
    ["worker", () => [`${ROOT}/apps/worker/dist/main.js`]],
  ])("is ended: %s", async (name, command) => {
    const child = await processOf(...command());
    const ended = once(child, "exit");
    await endLeftover(name, child);
    await ended;
  });

  it.each([
    ["postgres", ["postgres", "-D", "/var/lib/postgresql/18/main"]],
    ["redis", ["redis-server 127.0.0.1:6379"]],
    ["worker", ["/home/grace/mara/apps/worker/dist/main.js"]],
  ])("is not taken for somebody else's %s that has its number by now", async (name, command) => {
    const child = await processOf(...command);
    await endLeftover(name, child);
    expect([hasEnded(child), child.kill(0)]).toEqual([false, true]);
  });
});
