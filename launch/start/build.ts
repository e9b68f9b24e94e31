import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../problem.ts";

/** Compiles what has changed of the apps and the packages under them. Throws `Problem`, with what the compiler said. */
export async function build(root: string, apps: readonly string[]): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-b", ...apps.map((app) => join(root, "apps", app))], { cwd: root });
  } catch (cause) {
    const said = cause instanceof Error && "stdout" in cause ? String(cause.stdout) : "";
    throw new Problem(`The build failed:\n${said}`, { cause });
  }
}
