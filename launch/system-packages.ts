import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { platform, userInfo } from "node:os";
import { delimiter, join } from "node:path";

/** The path of the first of `names` that can be run; null where there is none. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  return found ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs a package with the machine's package manager where nobody has to be asked: apt-get as root or with a sudo that
 * wants no password, or Homebrew. Answers whether it did; what the package manager said is shown only where it failed.
 */
export function installPackage(name: { readonly apt: string; readonly brew: string }): boolean {
  if (platform() === "darwin") return findProgram("brew") !== null && runs("brew", ["install", name.brew]);
  if (findProgram("apt-get") === null) return false;
  const sudo = userInfo().uid === 0 ? [] : ["sudo", "-n"];
  if (sudo.length > 0 && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status !== 0) return false;
  const apt = (...args: string[]) => [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
  const install = apt("install", "-y", "--no-install-recommends", name.apt);
  // A fresh image has no package lists; where there are some they need not be fetched again.
  return runs(...split(install), "quiet") || (runs(...split(apt("update"))) && runs(...split(install)));
}

function split([program = "", ...args]: readonly string[]): [string, string[]] {
  return [program, args];
}

function runs(program: string, args: string[], onFailure: "show" | "quiet" = "show"): boolean {
  const done = spawnSync(program, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (done.status === 0) return true;
  if (onFailure === "show") process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`);
  return false;
}
