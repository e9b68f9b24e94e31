import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../problem.ts";
import { lockDataDir } from "./lock.ts";

/** No process has it. */
const GONE = "999999999";
const CONTENDERS = 6;
const ROUNDS = 50;

let dir: string;
let contenders: ChildProcess[];

beforeAll(async () => {
  const execArgv = ["--conditions=mara-source", "--import", "tsx"];
  const program = new URL("../../test/support/lock-contender.ts", import.meta.url);
  contenders = Array.from({ length: CONTENDERS }, () => fork(program, ["launch/start.ts"], { execArgv }));
  await Promise.all(contenders.map((contender) => once(contender, "message")));
});

afterAll(() => {
  for (const contender of contenders) contender.kill("SIGKILL");
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-lock-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

/** What each of them says to it; they hear it at the same time. */
function tell(told: readonly ChildProcess[], message: string): Promise<unknown[]> {
  return Promise.all(
    told.map(async (contender) => {
      const said = once(contender, "message");
      contender.send(message);
      return (await said)[0];
    }),
  );
}

describe("the lock of a data folder", () => {
  it("is free again when it was given back, without a trace", async () => {
    const unlock = await lockDataDir(dir);
    await unlock();
    expect(await readdir(dir)).toEqual([]);
    await (await lockDataDir(dir))();
  });

  it.each([
    ["no process has its number", GONE],
    ["another program has its number", String(process.ppid)],
    ["this process has its number by now", String(process.pid)],
    ["it is empty", ""],
  ])("counts for nothing where %s", async (_what, text) => {
    await writeFile(join(dir, "start.lock"), text);
    await (await lockDataDir(dir))();
  });

  it("counts for nothing where its number is that of what started this start", async () => {
    const idle = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", "launch/bootstrap.mjs", "launch/start.ts"], { stdio: "ignore" });
    await once(idle, "spawn");
    await writeFile(join(dir, "start.lock"), String(idle.pid));
    await lockDataDir(dir).finally(() => idle.kill("SIGKILL"));
  });

  it("is refused in words that name the folder and the process, while that has it", async () => {
    const [first] = contenders;
    await tell(contenders.slice(0, 1), dir);
    const refused = await lockDataDir(dir).catch((error: unknown) => error);
    await tell(contenders.slice(0, 1), "give back");
    expect(refused).toBeInstanceOf(Problem);
    expect(String(refused)).toContain(`running already on ${dir} (process ${first?.pid})`);
  });

  it.each([
    ["there is none", null],
    ["there is that of one that died", GONE],
  ])("is had by exactly one of many that try at once where %s", async (_what, left) => {
    const winners: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      if (left !== null) await writeFile(join(dir, "start.lock"), left);
      winners.push((await tell(contenders, dir)).filter((said) => said === "has it").length);
      await tell(contenders, "give back");
    }
    expect(winners).toEqual(Array.from({ length: ROUNDS }, () => 1));
  });
});
