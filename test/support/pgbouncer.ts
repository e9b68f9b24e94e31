import { spawn, spawnSync } from "node:child_process";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../launch/services/free-port.ts";
import { guard } from "../../launch/services/guard.ts";
import { postgresOwner } from "../../launch/services/postgres-programs.ts";
import { end, hasEnded } from "../../launch/services/running.ts";
import { findProgram, installPackage } from "../../launch/system-packages.ts";

export interface PgBouncer {
  /** The way to the database through it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** What Debian's package needs beside what every system has. Libraries start nothing when they are installed. */
const LIBRARIES = ["libevent-2.1-7", "libc-ares2"];

/**
 * The path of the program; null where it can't be had. Where it is missing it is taken out of Debian's package, which is only
 * unpacked: installing it would start a server.
 */
export function pgbouncer(): string | null {
  const installed = findProgram("pgbouncer") ?? ["/usr/sbin/pgbouncer"].find(runs);
  if (installed) return installed;
  const dir = join(import.meta.dirname, "../.output/pgbouncer");
  const unpacked = join(dir, "usr/sbin/pgbouncer");
  if (!existsSync(unpacked)) {
    if (findProgram("apt-get") === null || findProgram("dpkg-deb") === null) return null;
    mkdirSync(dir, { recursive: true });
    spawnSync("apt-get", ["download", "pgbouncer"], { cwd: dir, timeout: 40_000 });
    const file = readdirSync(dir).find((name) => name.endsWith(".deb"));
    if (file !== undefined) spawnSync("dpkg-deb", ["-x", file, "."], { cwd: dir });
  }
  if (existsSync(unpacked) && !runs(unpacked)) for (const library of LIBRARIES) installPackage({ apt: library, brew: library });
  return runs(unpacked) ? unpacked : null;
}

function runs(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Starts one in front of a database, in transaction mode, with fewer connections to the server than its clients have to it:
 * what one of them leaves behind on a connection, others meet.
 */
export async function startPgBouncer(program: string, databaseUrl: string): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
  const dir = await mkdtemp(join(tmpdir(), "mara-pgbouncer-"));
  const [port, file, owner] = [await freePort(), join(dir, "pgbouncer.ini"), postgresOwner()];
  const server = `host=${hostname} port=${serverPort} user=${decodeURIComponent(username)} password='${decodeURIComponent(password)}'`;
  await writeFile(
    file,
    `[databases]
* = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
max_client_conn = 500
`,
    { mode: 0o600 },
  );
  await chmod(dir, 0o755);
  // It refuses to run as root, as Postgres does.
  if (owner !== null) await chown(file, owner.uid, owner.gid);
  const child = spawn(program, ["-q", file], { stdio: "ignore", cwd: dir, detached: true, ...owner });
  guard(child, "TERM", 0);
  while (!(await accepts(port))) {
    if (hasEnded(child)) throw new Error("PgBouncer did not start");
    await pause(20);
  }
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    stop: async () => {
      await end(child, "SIGTERM", 5_000);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
