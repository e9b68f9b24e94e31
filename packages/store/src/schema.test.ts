import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { freshDatabase } from "../../../test/support/services.ts";
import { readPrismaSchema, type Table } from "../test/prisma-schema.ts";

/** What Prisma's language can't say, and the migrations make all the same. */
const BEYOND_PRISMA = new Set(["backfills_one_running", "events_repeats", "subjects_without_events"]);

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

async function readDatabase(): Promise<Table[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const named = async (sql: string) => {
    const { rows } = await client.query<{ table: string; name: string; definition: string }>(sql);
    return (table: string) =>
      Object.fromEntries(rows.filter((row) => row.table === table).map((row) => [row.name, row.definition]));
  };
  try {
    const columns = await named(`
      SELECT c.relname AS table, a.attname AS name,
             format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS definition
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`);
    const indexes = await named(`
      SELECT t.relname AS table, i.relname AS name,
             CASE WHEN x.indisprimary THEN 'PRIMARY KEY (' WHEN x.indisunique THEN 'UNIQUE (' ELSE 'INDEX (' END
               || (SELECT string_agg(pg_get_indexdef(x.indexrelid, n, false), ', ' ORDER BY n) FROM generate_series(1, x.indnatts) n)
               || ')' AS definition
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
       WHERE t.relnamespace = 'public'::regnamespace`);
    const foreignKeys = await named(`
      SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
        FROM pg_constraint WHERE contype = 'f'`);
    const { rows } = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
    );
    return rows.map(({ name }) => ({ name, columns: columns(name), indexes: indexes(name), foreignKeys: foreignKeys(name) }));
  } finally {
    await client.end();
  }
}

it("the migrations make what the Prisma schema says, column by column and index by index", async () => {
  const schema = await readFile(join(import.meta.dirname, "../../../prisma/schema.prisma"), "utf8");
  const wanted = readPrismaSchema(schema);
  expect(wanted.length).toBeGreaterThan(10);
  const made = (await readDatabase()).map((table) => ({
    ...table,
    indexes: Object.fromEntries(Object.entries(table.indexes).filter(([name]) => !BEYOND_PRISMA.has(name))),
  }));
  const byName = (tables: readonly Table[]) => Object.fromEntries(tables.map((table) => [table.name, table]));
  expect(byName(made)).toEqual(byName(wanted));
});
