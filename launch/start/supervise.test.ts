import { describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { eventually } from "../../test/support/eventually.ts";
import { end, endOf, type Running } from "../services/running.ts";
import { supervise } from "./supervise.ts";

describe("a supervised program", () => {
  it("is started again each time it ends, and no more once it is stopped", async () => {
    const pids: number[] = [];
    const kept = await supervise({ name: "sleeper", start: sleeper, started: async (pid) => void pids.push(pid), say: () => {} });
    for (const times of [2, 3]) {
      process.kill(pids.at(-1) ?? 0, "SIGKILL");
      await eventually(() => pids.length, (count) => count === times);
    }
    await kept.stop();
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("is tried again where it does not come up", async () => {
    const said: string[] = [];
    const first = await sleeper();
    const starts = [async () => first, () => Promise.reject(new Error("no memory")), sleeper];
    let started = 0;
    const start = () => (starts.shift() ?? sleeper)();
    const kept = await supervise({ name: "sleeper", start, started: async () => void (started += 1), say: (line) => void said.push(line) });
    first.process.kill("SIGKILL");
    await eventually(() => started, (count) => count === 2);
    await kept.stop();
    expect(said).toEqual(["sleeper ended; it is started again", "sleeper did not come up: no memory"]);
  });

  it("must come up the first time", async () => {
    const start = () => Promise.reject(new Error("no such file"));
    await expect(supervise({ name: "sleeper", start, started: async () => {}, say: () => {} })).rejects.toThrow("no such file");
  });

  it("is kept where its process number can't be written down, at its first start and at every other", async () => {
    const pids: number[] = [];
    const said: string[] = [];
    const started = async (pid: number) => {
      pids.push(pid);
      throw new Error("the disk is full");
    };
    const kept = await supervise({ name: "sleeper", start: sleeper, started, say: (line) => void said.push(line) });
    process.kill(pids.at(-1) ?? 0, "SIGKILL");
    await eventually(() => said.length, (count) => count === 3);
    expect(pids.map(isAlive)).toEqual([false, true]);
    await kept.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    const runs = "sleeper runs, but its process number could not be written down: the disk is full";
    expect(said).toEqual([runs, "sleeper ended; it is started again", runs]);
  });

  it("can be stopped while it waits to be started again", async () => {
    const first = await sleeper();
    const starts = [async () => first];
    const start = () => (starts.shift() ?? (() => Promise.reject(new Error("no memory"))))();
    let failing = false;
    const kept = await supervise({ name: "sleeper", start, started: async () => {}, say: (line) => void (failing ||= line.includes("no memory")) });
    first.process.kill("SIGKILL");
    await eventually(() => failing, Boolean);
    await kept.stop();
  });
});

async function sleeper(): Promise<Running> {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  return { process: child, ended: endOf(child), stop: () => end(child, "SIGTERM", 5_000) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
