import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startRedis, type RunningRedis } from "../../launch/services/redis.ts";

/** A migrated, empty database of its own on the Postgres of this test run. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error("TEST_POSTGRES_URL is set by the test run's global set-up");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await query(server, `CREATE DATABASE ${name} TEMPLATE template_mara`);
  return {
    url: server.replace(/\/postgres$/, `/${name}`),
    drop: () => query(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** A Redis of its own, as durable as the real one. */
export async function freshRedis(settings: Record<string, string> = {}): Promise<RunningRedis> {
  const dir = await mkdtemp(join(tmpdir(), "mara-redis-"));
  const redis = await startRedis({ dataDir: dir, settings });
  return {
    ...redis,
    stop: async () => {
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
