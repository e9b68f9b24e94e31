import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";

/** Installs the dependencies where what is in node_modules is not what package-lock.json asks for. */
export async function installDependencies(root) {
  if (isFresh(root)) return;
  const startedAt = Date.now();
  process.stderr.write("Installing dependencies (once) …\n");
  // npm's own path is known when npm runs this; `--include=dev` because NODE_ENV=production would leave out the compiler.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const status = npm?.endsWith("js")
    ? await run(process.execPath, [npm, ...args], { quiet: true, cwd: root })
    : await run("npm", args, { quiet: true, cwd: root });
  if (status !== 0) {
    process.stderr.write("Dependencies could not be installed: see above.\n");
    process.exit(1);
  }
  process.stderr.write(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.\n`);
}

/**
 * Compares package-lock.json with npm's own record of what it put into node_modules, which it writes last: half an
 * installation counts as none. What is optional may be missing, for it depends on the platform.
 */
export function isFresh(root) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(record);
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (!path.includes("node_modules/")) return true;
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
