import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone } from "./alone.mjs";

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-alone-"));
  file = join(dir, ".installing");
});

afterEach(() => rm(dir, { recursive: true, force: true }));

describe("what is done alone", () => {
  it("is done by one after the other, and who waits is told once", async () => {
    const steps: string[] = [];
    let finish = () => {};
    const first = alone(file, () => new Promise<void>((resolve) => (finish = resolve)).then(() => steps.push("first")), () => {});
    const second = alone(file, async () => steps.push("second"), () => {
      steps.push("waits");
      finish();
    });
    await Promise.all([first, second]);
    expect(steps).toEqual(["waits", "first", "second"]);
    expect(existsSync(file)).toBe(false);
  });

  it("leaves no trace where it fails", async () => {
    await expect(alone(file, () => Promise.reject(new Error("no network")), () => {})).rejects.toThrow("no network");
    expect(existsSync(file)).toBe(false);
  });

  it("leaves no trace where the process ends meanwhile", () => {
    const script = `
      const { alone } = await import(${JSON.stringify(join(import.meta.dirname, "alone.mjs"))});
      await alone(${JSON.stringify(file)}, () => process.exit(7), () => {});`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", script]).status).toBe(7);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ["no process has its number", "999999999", 0],
    ["its number is this one's own", String(process.pid), 1_800],
    ["it is older than the work can take", String(process.ppid), 3_600],
  ])("does not wait for one that was killed, where %s", async (_what, text, ageSeconds) => {
    await writeFile(file, text);
    const at = Date.now() / 1000 - ageSeconds;
    await utimes(file, at, at);
    expect(await alone(file, async () => "done", () => {})).toBe("done");
  });
});
