import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { eventually } from "../../../test/support/eventually.ts";
import { freshDatabase } from "../../../test/support/services.ts";
import { migrate } from "./migrate.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let dir: string;

beforeAll(async () => {
  database = await freshDatabase();
  dir = await mkdtemp(join(tmpdir(), "migrations-"));
  await mkdir(join(dir, "1_first"));
  await writeFile(join(dir, "1_first", "migration.sql"), "CREATE TABLE one_more (id INT)");
});
afterAll(async () => {
  await database.drop();
  await rm(dir, { recursive: true });
});

describe("migrate", () => {
  it("applies each migration once, however many processes start at once", async () => {
    const applied = await Promise.all([1, 2, 3].map(() => migrate(database.url, dir)));
    expect(applied.flat()).toEqual(["1_first"]);
  });

  it("says that it waits for another process that migrates, and goes on once that is through", async () => {
    const other = new pg.Client(database.url);
    await other.connect();
    await other.query("BEGIN; SELECT pg_advisory_xact_lock(7234551)");
    const said: string[] = [];
    const migrating = migrate(database.url, dir, (what) => said.push(what));
    await eventually(() => said.length, (count) => count > 0);
    await other.query("COMMIT");
    expect(await migrating).toEqual([]);
    expect(said).toEqual(["another process that migrates this database"]);
    await other.end();
  });

  it("finds nothing to do in a database that is up to date", async () => {
    expect(await migrate(database.url, join(import.meta.dirname, "../../../prisma/migrations"))).toEqual([]);
  });

  it("refuses a migration that was changed after it had been applied", async () => {
    await writeFile(join(dir, "1_first", "migration.sql"), "CREATE TABLE another (id INT)");
    await expect(migrate(database.url, dir)).rejects.toThrow("migration 1_first was changed");
  });

  it("waits for a table that somebody reads for long, and lets others read it meanwhile", async () => {
    const more = await mkdtemp(join(tmpdir(), "migrations-"));
    await mkdir(join(more, "3_more"));
    await writeFile(join(more, "3_more", "migration.sql"), "ALTER TABLE one_more ADD COLUMN more INT");
    const [dump, other] = [new pg.Client(database.url), new pg.Client(database.url)];
    await Promise.all([dump.connect(), other.connect()]);
    await dump.query("BEGIN; SELECT FROM one_more");
    const said: string[] = [];
    const migrating = migrate(database.url, more, (what) => said.push(what));
    await eventually(() => other.query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'one_more'::regclass"), ({ rowCount }) => rowCount === 1);
    await other.query("SELECT FROM one_more");
    // Two attempts at least.
    await eventually(() => said.length, (count) => count > 0);
    await dump.query("COMMIT");
    expect(await migrating).toEqual(["3_more"]);
    expect(said).toEqual(["a table that 3_more changes and somebody reads, as a dump does"]);
    await Promise.all([dump.end(), other.end(), rm(more, { recursive: true })]);
  });

  it("says what broke the connection, and keeps nothing of the migration that was under way", async () => {
    const half = await mkdtemp(join(tmpdir(), "migrations-"));
    await mkdir(join(half, "2_half"));
    await writeFile(join(half, "2_half", "migration.sql"), "CREATE TABLE half (id INT); SELECT pg_terminate_backend(pg_backend_pid())");
    await expect(migrate(database.url, half)).rejects.toThrow("terminating connection due to administrator command");

    await writeFile(join(half, "2_half", "migration.sql"), "CREATE TABLE half (id INT)");
    expect(await migrate(database.url, half)).toEqual(["2_half"]);
    await rm(half, { recursive: true });
  });
});
