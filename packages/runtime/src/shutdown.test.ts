import { afterEach, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "../../../test/support/eventually.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("a process that runs until a signal", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("stops in order and ends with 0 on %s", async (signal) => {
    const running = await start("quick");
    running.child.kill(signal);
    expect(await running.ended).toBe(0);
    expect(running.output()).toContain("second stopped");
  });

  it("takes a repeat within the second for the echo of the first", async () => {
    const running = await start("quick");
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
  });

  it("goes on stopping the rest where one part fails, and ends with 1", async () => {
    const running = await start("failing");
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain("second stopped");
    expect(running.output()).toContain('"part":"first"');
  });

  it("ends with 1 when the grace is over", async () => {
    const running = await start("hanging", 100);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(1);
    expect(running.output()).not.toContain("second stopped");
  });

  it("drains before anything is stopped, for longer than its grace", async () => {
    const running = await start("draining", 100);
    running.child.kill("SIGTERM");
    await eventually(running.output, (said) => said.includes("draining\n"));
    // The second signal, once it is no echo any more, ends the drain and the process.
    await eventually(() => (running.child.kill("SIGTERM"), running.child.exitCode), (code) => code !== null);
    expect(await running.ended).toBe(1);
    expect(running.output()).toContain("asked to stop again");
    expect(running.output()).not.toContain("the grace to stop in is over");
    expect(running.output()).not.toContain("second stopped");
  });

  it("ends with 0 when its supervisor hangs up", async () => {
    const running = await start("quick");
    running.child.disconnect();
    expect(await running.ended).toBe(0);
    expect(running.output()).toContain("the supervisor is gone");
  });
});

async function start(how: string, graceMs = 60_000) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../test/stopping.mjs"), how, String(graceMs)], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  children.push(child);
  const { stdout } = child;
  if (stdout === null) throw new Error("its output is not piped");
  let said = "";
  // Not "close": after disconnect() Node does not emit it.
  const ended = Promise.all([once(child, "exit"), once(stdout, "end")]).then(([[code]]) => code);
  const running = new Promise<void>((resolve) => {
    stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("running\n")) resolve();
    });
  });
  await Promise.race([running, ended.then(() => Promise.reject(new Error(`it ended:\n${said}`)))]);
  return { child, ended, output: () => said };
}
