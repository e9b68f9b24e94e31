import { describe, expect, it } from "@jest/globals";
import * as runtime from "@mara/runtime";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { z } from "zod";
import { freshDatabase } from "./support/services.ts";

const ROOT = join(import.meta.dirname, "..");
const VARIABLES = Object.entries(runtime).flatMap(([name, value]) => (value instanceof z.ZodType ? [name] : []));

describe("a malformed variable", () => {
  it.each(VARIABLES)("is found by npm start before anything else happens: %s", async (name) => {
    const start = await readFile(join(ROOT, "launch/start.ts"), "utf8");
    const [, read = ""] = /readConfig\(\s*\{([\s\S]*?)\n  \},/.exec(start) ?? [];
    expect(read).toMatch(new RegExp(`^    ${name}[,:]`, "m"));
  });

  it.each([
    ["nonsense", "DATABASE_URL must be a postgresql:// URL\n"],
    ["", "DATABASE_URL is required\n"],
  ])("ends the migration with one line that names it: %j", async (value, line) => {
    await expect(migrate(value)).rejects.toMatchObject({ code: 1, stderr: line });
  });
});

describe("a Postgres that is away", () => {
  it.each(["127.0.0.1", "localhost"])("ends the migration with one line that says where it should be, without the password: %s", async (host) => {
    await expect(migrate(`postgresql://mara:hush@${host}:9/mara`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`^DATABASE_URL: Postgres at ${host}:9 can't be reached: (?!.*hush).*ECONNREFUSED.*\\. Start it or mend the URL, then migrate again\\.\\n$`),
      ),
    });
  });
});

describe("a migration that fails", () => {
  it("ends with one line that says why", async () => {
    const database = await freshDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ migration_name: string }>("UPDATE _prisma_migrations SET checksum = 'another' RETURNING migration_name");
    await client.end();
    const [first] = rows.map((row) => row.migration_name).toSorted();

    await expect(migrate(database.url)).rejects.toMatchObject({
      code: 1,
      stderr: `The database could not be brought up to date: migration ${first} was changed after it had been applied. Nothing is kept of the migration that failed; mend that, then migrate again.\n`,
    });
    await database.drop();
  });
});

function migrate(databaseUrl: string) {
  return promisify(execFile)(process.execPath, [join(ROOT, "launch/migrate.mjs")], {
    env: { ...process.env, NODE_OPTIONS: "", DATABASE_URL: databaseUrl },
  });
}
