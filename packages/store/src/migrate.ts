import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { isLockNotHad } from "./record/passing.ts";

/** Any number will do, as long as every process of the product takes the same one. */
const LOCK = 7_234_551;
/** How long a migration waits for a table that somebody reads, such as a dump: everybody else waits behind it meanwhile. */
const LOCK_TIMEOUT_MS = 2_000;
/** It comes again for longer than most dumps take. */
const MOST_TRIES = 1_000;
const PAUSE_MS = 1_000;

/**
 * Brings a database to the schema of `prisma/migrations`, one transaction a migration, and answers the names of those that
 * it applied. It keeps the history the way Prisma does, so that `prisma migrate` sees the same. Any number of processes may
 * call it at once: they take turns.
 * @param onWait hears what it waits for, once each: waiting may take long.
 * Throws where a migration that was applied has been changed since, where a table that it changes is not to be had within the
 * hour, and where Postgres goes away: nothing is kept then of the one that was under way.
 */
export async function migrate(databaseUrl: string, migrationsDir: string, onWait: (what: string) => void = () => undefined): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // A connection that breaks tells whoever waits for an answer, and this one as well: unheard, it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await takeTurn(client, onWait);
    await client.query(HISTORY);
    const applied = await appliedChecksums(client);
    const done: string[] = [];
    for (const { name, sql, checksum } of await readMigrations(migrationsDir)) {
      const before = applied.get(name);
      if (before === checksum) continue;
      if (before !== undefined) throw new Error(`migration ${name} was changed after it had been applied`);
      await applyOnceFree(client, { name, sql, checksum }, onWait);
      done.push(name);
    }
    return done;
  } finally {
    // Ending the connection gives the lock back.
    await client.end();
  }
}

/** Prisma's own table. Source: prisma-engines, sql-schema-connector, `_prisma_migrations`. */
const HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL,
    logs TEXT,
    rolled_back_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

async function appliedChecksums(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(dir, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

async function takeTurn(client: pg.Client, onWait: (what: string) => void): Promise<void> {
  const { rows } = await client.query<{ isOurs: boolean }>('SELECT pg_try_advisory_lock($1) AS "isOurs"', [LOCK]);
  if (rows[0]?.isOurs) return;
  onWait("another process that migrates this database");
  await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
}

async function applyOnceFree(client: pg.Client, migration: Migration, onWait: (what: string) => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await apply(client, migration);
    } catch (error) {
      if (!isLockNotHad(error) || tries === MOST_TRIES) throw error;
      if (tries === 1) onWait(`a table that ${migration.name} changes and somebody reads, as a dump does`);
      await pause(PAUSE_MS);
    }
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (error) {
    // Where the connection is gone, so is the transaction; what broke it is what there is to say.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
