import { afterEach, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../test/support/eventually.ts";

let dir: string;
let npm: ChildProcess | undefined;

afterEach(async () => {
  npm?.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

it("a program whose npm was killed is asked once to stop, however long that takes", async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-child-"));
  const [program, runner, log] = ["program.mjs", "runner.mjs", "log"].map((name) => join(dir, name));
  if (program === undefined || runner === undefined || log === undefined) throw new Error("no place");
  // It takes longer to stop than it is looked whether npm is there.
  await writeFile(program, `
    import { appendFileSync } from "node:fs";
    process.on("SIGTERM", () => {
      appendFileSync(${JSON.stringify(log)}, "asked ");
      setTimeout(() => { appendFileSync(${JSON.stringify(log)}, "stopped"); process.exit(0); }, 3_500);
    });
    setInterval(() => {}, 1_000);
    appendFileSync(${JSON.stringify(log)}, "up ");`);
  await writeFile(runner, `
    const { forwardSignals, run } = await import(${JSON.stringify(join(import.meta.dirname, "child.mjs"))});
    forwardSignals(0);
    await run(process.execPath, [${JSON.stringify(program)}]);`);
  const asNpm = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(runner)}], { stdio: "ignore" })`;
  npm = spawn(process.execPath, ["-e", asNpm], { env: { ...process.env, NODE_OPTIONS: "", npm_lifecycle_event: "start" }, stdio: "ignore" });
  const said = () => readFile(log, "utf8").catch(() => "");
  await eventually(said, (text) => text === "up ");
  npm.kill("SIGKILL");
  await once(npm, "exit");
  expect(await eventually(said, (text) => text.endsWith("stopped"))).toBe("up asked stopped");
});
