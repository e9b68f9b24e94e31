import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Problem } from "../problem.ts";

/** Compiles what has changed of the apps and the packages under them. */
export function build(root: string, apps: readonly string[]): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const done = spawnSync(process.execPath, [tsc, "-b", ...apps.map((app) => join(root, "apps", app))], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Problem(`The build failed:\n${done.stdout}${done.stderr}`);
}
