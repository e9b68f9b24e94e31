import { expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../launch/bootstrap.mjs"), "bench/main.ts", ...args], {
    env: { ...process.env, NODE_OPTIONS: "" },
    maxBuffer: 16 * 1024 * 1024,
  });

it(
  "a short round of a part says what it found as a table, and in its last line as JSON",
  async () => {
    const { stdout } = await run("--short", "worker", "backfill");
    const [json = ""] = stdout.trimEnd().split("\n").slice(-1);
    const found = JSON.parse(json);
    expect(Object.keys(found)).toEqual(["worker", "backfill"]);
    const { ratios, figures, machine } = found.worker;
    expect(ratios.worker).toBeCloseTo(figures.worker.median / figures.ceiling.median);
    expect(machine.cores).toBeGreaterThan(0);
    const rates = [figures.ceiling, figures.worker].map(({ median }) => new Intl.NumberFormat("en", { maximumFractionDigits: 0 }).format(median));
    expect(stdout).toMatch(new RegExp(`^idle BullMQ worker +${rates[0]} +1\\.00 `, "m"));
    expect(stdout).toMatch(new RegExp(`^worker, committed +${rates[1]} +${ratios.worker.toFixed(2).replace(".", "\\.")} `, "m"));
  },
  120_000,
);

it("a part that does not exist is refused with those that do", async () => {
  await expect(run("--short", "everything")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("There are: ingest, worker") });
});
