import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readdir, readlink, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { Redis } from "ioredis";
import { startPostgres, type RunningPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";
import type { Running } from "./running.ts";

const QUICK = { fsync: "off" };
let dir: string;
const started: Running[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-services-"));
  await chmod(dir, 0o755);
});

afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
  await rm(dir, { recursive: true, force: true });
});

describe("a private Postgres", () => {
  it("keeps its data over a stop and over a kill, and is found on the same port", async () => {
    const first = await postgres();
    await query(first, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    await first.stop();
    const second = await postgres(first.port);
    second.process.kill("SIGKILL");
    await second.ended;
    const third = await postgres(first.port);
    expect(third.url).toBe(first.url);
    expect(await query(third, "SELECT n FROM kept")).toEqual([{ n: 1 }]);
  });

  it("starts where the lock of a killed one names a process that is another by now", async () => {
    await (await postgres()).stop();
    await writeFile(join(dir, "postgres/cluster/postmaster.pid"), `${process.pid}\n${join(dir, "postgres/cluster")}\n`);
    const running = await postgres();
    expect(await query(running, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  });

  it("asks for its password", async () => {
    const running = await postgres();
    await expect(query({ ...running, url: running.url.replace("hush", "guess") }, "SELECT 1")).rejects.toThrow(/password/);
  });

  it("says so where its data were made with another password, and is not left running", async () => {
    const { port, stop } = await postgres();
    await stop();
    await expect(startPostgres({ dataDir: join(dir, "postgres"), port, password: "guess", settings: QUICK })).rejects.toThrow(/another one/);
    expect(await readdir(join(dir, "postgres/cluster"))).not.toContain("postmaster.pid");
  });

  it("says what it said where it can't start", async () => {
    await expect(startPostgres({ dataDir: join(dir, "postgres"), settings: { shared_buffers: "much" } })).rejects.toThrow(/shared_buffers/);
  });

  // Only root runs Postgres as somebody else.
  (userInfo().uid === 0 ? it : it.skip)("runs for root as whoever has made its data", async () => {
    await (await postgres()).stop();
    const [uid, gid] = [65_534, 65_534];
    for (const path of ["", ...(await readdir(join(dir, "postgres"), { recursive: true }))]) await chown(join(dir, "postgres", path), uid, gid);
    expect(await query(await postgres(), "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    expect((await stat(join(dir, "postgres/cluster/postmaster.pid"))).uid).toBe(uid);
  });

  (userInfo().uid === 0 ? it : it.skip)("finds a place for its data where its account may not enter", async () => {
    const closed = join(dir, "closed");
    await mkdir(closed, { mode: 0o700 });
    const running = await startPostgres({ dataDir: join(closed, "postgres"), settings: QUICK });
    started.push(running);
    expect(await query(running, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    await running.stop();
    expect(await readlink(join(closed, "postgres"))).toMatch(/^\/var\/lib\/mara-webhooks\/data-/);
    await rm(await realpath(join(closed, "postgres")), { recursive: true });
  });
});

describe("a private Redis", () => {
  it("keeps what it acknowledged over a kill, and is found on the same port", async () => {
    const first = await redis();
    await command(first.url, (client) => client.set("kept", "1"));
    first.process.kill("SIGKILL");
    await first.ended;
    const second = await redis(first.port);
    expect(second.url).toBe(first.url);
    expect(await command(second.url, (client) => client.get("kept"))).toBe("1");
  });

  it("asks for its password, which its command line does not show", async () => {
    const running = await redis();
    await expect(command(running.url.replace("hush", "guess"), (client) => client.get("kept"))).rejects.toThrow(/NOAUTH|WRONGPASS/);
    expect(running.process.spawnargs.join(" ")).not.toContain("hush");
  });

  it("is as durable as the contract says, unless told otherwise", async () => {
    const running = await redis();
    const settings = await command(running.url, (client) => client.config("GET", "append*", "maxmemory-policy", "save"));
    expect(settings).toEqual(expect.arrayContaining(["appendonly", "yes", "appendfsync", "always", "maxmemory-policy", "noeviction"]));
  });

  it("says what it said where it can't start", async () => {
    await expect(startRedis({ dataDir: join(dir, "redis"), settings: { maxmemory: "much" } })).rejects.toThrow(/maxmemory/);
    await expect(startRedis({ dataDir: join(dir, "redis"), program: "no-such-server" })).rejects.toThrow(/Redis did not start/);
  });
});

describe("a process that is killed", () => {
  it("leaves no service behind", async () => {
    const script = `
      const { startRedis } = await import(${JSON.stringify(join(import.meta.dirname, "redis.ts"))});
      const { process: { pid } } = await startRedis({ dataDir: ${JSON.stringify(join(dir, "redis"))} });
      console.log(pid);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
    const [pid] = await once(child.stdout, "data");
    child.kill("SIGKILL");
    await gone(Number(pid));
  });
});

async function postgres(port?: number): Promise<RunningPostgres> {
  const running = await startPostgres({ dataDir: join(dir, "postgres"), password: "hush", settings: QUICK, ...(port && { port }) });
  started.push(running);
  return running;
}

async function redis(port?: number) {
  const running = await startRedis({ dataDir: join(dir, "redis"), password: "hush", ...(port && { port }) });
  started.push(running);
  return running;
}

async function query({ url }: RunningPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function command<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null });
  client.on("error", () => {});
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

async function gone(pid: number): Promise<void> {
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
