import { execFile } from "node:child_process";
import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isNativeError } from "node:util/types";
import { Problem } from "../problem.ts";

/** Compiles what has changed of the apps and the packages under them. Throws `Problem`, with what the compiler said. */
export async function build(root: string, apps: readonly string[]): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const force = (await isAnyPassedOver(root)) ? ["--force"] : [];
  try {
    await promisify(execFile)(process.execPath, [tsc, "-b", ...force, ...apps.map((app) => join(root, "apps", app))], { cwd: root });
  } catch (cause) {
    const said = isNativeError(cause) && "stdout" in cause ? String(cause.stdout) : "";
    throw new Problem(`The build failed:\n${said}`, { cause });
  }
}

/**
 * Whether a source has come since it was built that says to be older, as one does that comes out of an archive or a backup.
 * The compiler goes by what files say of themselves and passes over it; when a file came, nobody can set.
 */
async function isAnyPassedOver(root: string): Promise<boolean> {
  for (const kind of ["apps", "packages"]) {
    for (const part of await readdir(join(root, kind))) {
      const built = await timesOf(join(root, kind, part, "dist/.tsbuildinfo"));
      // Of another version only what is built may be left, and an editor's file may be gone by now.
      const sources = built ? await readdir(join(root, kind, part, "src"), { recursive: true }).catch(() => []) : [];
      for (const source of sources) {
        const times = await timesOf(join(root, kind, part, "src", source));
        if (built && times && times.mtimeMs < built.mtimeMs && times.ctimeMs > built.mtimeMs) return true;
      }
    }
  }
  return false;
}

function timesOf(file: string): Promise<Stats | null> {
  return lstat(file).catch(() => null);
}
