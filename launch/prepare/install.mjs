import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alone } from "./alone.mjs";
import { run } from "./child.mjs";

/** Installs the dependencies where what is in node_modules is not what package-lock.json asks for. */
export async function installDependencies(root) {
  if (isFresh(root)) return;
  // npm empties node_modules first: under another npm that fills it, both would fail.
  await alone(
    join(root, ".installing"),
    async () => isFresh(root) || (await install(root)),
    () => void process.stderr.write("Another command installs the dependencies: waiting for it …\n"),
  );
}

async function install(root) {
  const startedAt = Date.now();
  process.stderr.write("Installing dependencies (once) …\n");
  // npm's own path is known when npm runs this; `--include=dev` because NODE_ENV=production would leave out the compiler.
  const npm = process.env.npm_execpath;
  // `--loglevel` because `npm --silent start` hands its own on, and what failed would not be seen.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
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
 * installation counts as none. An installation that was broken off may leave the record of the one before, so each package
 * must be there as well. What is optional may be missing, for it depends on the platform.
 */
export function isFresh(root) {
  const installed = recordOf(root);
  if (installed === null) return false;
  const wanted = readPackages(join(root, "package-lock.json"));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (!path.includes("node_modules/")) return true;
    if (installed[path] === undefined) return optional === true;
    return installed[path].version === version && existsSync(join(root, path));
  });
}

/** Null where there is none, or it is not whole. */
function recordOf(root) {
  try {
    return readPackages(join(root, "node_modules", ".package-lock.json"));
  } catch {
    return null;
  }
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
