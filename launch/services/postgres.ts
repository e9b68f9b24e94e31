import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { Problem } from "../problem.ts";
import { commandOf } from "./command-of.ts";
import { freePort } from "./free-port.ts";
import { guard } from "./guard.ts";
import { lastLines, openLog } from "./log-file.ts";
import { ownerOfData, postgresDataDir, postgresPrograms, type Owner } from "./postgres-programs.ts";
import { end, endOf, hasEnded, type Running } from "./running.ts";
import { tryPostgres } from "./try-postgres.mjs";

export interface RunningPostgres extends Running {
  /** Of the database `postgres`, as its superuser. */
  readonly url: string;
  readonly port: number;
}

export interface PostgresOptions {
  /** Made and filled where it is empty. The server's log is written into it, as `postgres.log`. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** The superuser's. It must be the one that the data were made with. */
  readonly password?: string;
  /** Server settings, for example `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long it stays when this process ended without stopping it. Default 0. */
  readonly patienceSeconds?: number;
}

const USER = "mara";
const STOP_MS = 20_000;
/** `invalid_password` in Postgres. */
const WRONG_PASSWORD = "28P01";
const DEFAULTS = { listen_addresses: "127.0.0.1", unix_socket_directories: "", log_checkpoints: "off" };

/**
 * Starts a private Postgres, in a process group of its own: a terminal's Ctrl-C does not reach it. Resolves when it takes
 * connections. As root it runs as another account of the system, which root's private folders are closed to:
 * `postgres-programs.ts` finds it a place. Throws `Problem` where it can't start.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, password = "mara", settings, patienceSeconds = 0 } = options;
  const port = options.port ?? (await freePort());
  const owner = await ownerOfData(dataDir);
  const programs = await postgresPrograms(owner);
  const place = await postgresDataDir(dataDir, owner);
  const data = join(place, "cluster");
  if (!existsSync(data)) await makeData(programs, data, owner, password);
  await dropStaleLock(data);

  const logFile = join(place, "postgres.log");
  const log = await openLog(logFile);
  const flags = Object.entries({ ...DEFAULTS, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(programs, "postgres"), ["-D", data, "-p", String(port), ...flags], {
    ...owner,
    cwd: "/",
    stdio: ["ignore", log.fd, log.fd],
    detached: true,
  });
  const ended = endOf(child);
  await log.close();
  guard(child, "INT", patienceSeconds);

  const url = postgresUrl(port, password);
  for (let answer = await ask(url); answer !== "yes"; answer = await ask(url)) {
    if (hasEnded(child) || child.pid === undefined) throw new Problem(`Postgres did not start:\n${await lastLines(logFile)}`);
    if (answer === "wrong password") {
      await end(child, "SIGINT", STOP_MS);
      throw new Problem(`Postgres refuses the password: its data in ${data} were made with another one.`);
    }
    await pause(50);
  }
  // SIGINT is Postgres' fast shutdown: it breaks off what is open and writes all that was committed.
  return { url, port, process: child, ended, stop: () => end(child, "SIGINT", STOP_MS) };
}

/** Of the database `postgres` of a server that `startPostgres` runs, as its superuser. */
export function postgresUrl(port: number, password: string): string {
  return `postgresql://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

/** With one rename at the end, so that data that were broken off while they were made are never taken for whole. */
async function makeData(programs: string, data: string, owner: Owner, password: string): Promise<void> {
  const draft = `${data}.draft`;
  await rm(draft, { recursive: true, force: true });
  const secretDir = await mkdtemp(join(tmpdir(), "mara-initdb-"));
  const passwordFile = join(secretDir, "password");
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner !== null) for (const path of [secretDir, passwordFile]) await chown(path, owner.uid, owner.gid);
  const made = spawnSync(
    join(programs, "initdb"),
    [`--pgdata=${draft}`, `--username=${USER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"],
    { ...owner, cwd: "/", encoding: "utf8" },
  );
  await rm(secretDir, { recursive: true, force: true });
  if (made.status !== 0) throw new Problem(`Postgres could not make its data folder:\n${made.stderr || String(made.error)}`);
  await rename(draft, data);
}

/**
 * A server that was killed leaves a lock with its process number. Postgres removes it itself, unless the number belongs to
 * another process by now: it can't tell that from a running server, and would refuse for ever.
 */
async function dropStaleLock(data: string): Promise<void> {
  const lock = join(data, "postmaster.pid");
  const pid = Number((await readFile(lock, "utf8").catch(() => "")).split("\n")[0]);
  const holder = pid > 0 ? commandOf(pid) : "";
  // Where nobody has the number the lock must stay: by it the new server finds what is left of the old one's children.
  if (holder !== "" && !holder.includes("postgres")) await rm(lock);
}

async function ask(url: string): Promise<"yes" | "not yet" | "wrong password"> {
  const trouble = await tryPostgres(url, 1_000);
  if (trouble === null) return "yes";
  return trouble instanceof pg.DatabaseError && trouble.code === WRONG_PASSWORD ? "wrong password" : "not yet";
}
