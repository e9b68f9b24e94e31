import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../launch/system-packages.ts";

/**
 * Prometheus' own checker of rules; null where it can't be had. Where it is missing it is taken out of Debian's package,
 * which is only unpacked: installing it would start a server.
 */
export function promtool(): string | null {
  const installed = findProgram("promtool");
  if (installed !== null) return installed;
  const dir = join(import.meta.dirname, "../.output/prometheus");
  const unpacked = join(dir, "usr/bin/promtool");
  if (existsSync(unpacked)) return unpacked;
  if (findProgram("apt-get") === null || findProgram("dpkg-deb") === null) return null;
  mkdirSync(dir, { recursive: true });
  spawnSync("apt-get", ["download", "prometheus"], { cwd: dir, timeout: 40_000 });
  const file = readdirSync(dir).find((name) => name.endsWith(".deb"));
  if (file !== undefined) spawnSync("dpkg-deb", ["-x", file, "."], { cwd: dir });
  return existsSync(unpacked) ? unpacked : null;
}
