import { DATABASE_URL, readConfig } from "@mara/runtime";
import { migrate } from "@mara/store";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { tryPostgres, wordsFor } from "./services/try-postgres.mjs";

/** How long a Postgres that does not answer at all is waited for. */
const PATIENCE_MS = 10_000;

// Brings the database at DATABASE_URL up to date, on what was built: `node launch/migrate.mjs`. It may run any number of times.
const config = readConfig({ DATABASE_URL }, process.env);
await checkReachable(config.DATABASE_URL);
try {
  const applied = await migrate(config.DATABASE_URL, join(dirname(dirname(fileURLToPath(import.meta.url))), "prisma/migrations"), sayWait);
  process.stdout.write(applied.length === 0 ? "The database is up to date.\n" : `Applied ${applied.join(", ")}.\n`);
} catch (error) {
  end(`The database could not be brought up to date: ${wordsFor(error)}. Nothing is kept of the migration that failed; mend that, then migrate again.`);
}

/** Ends the process with one line where Postgres does not take us in. */
async function checkReachable(connectionString) {
  const trouble = await tryPostgres(connectionString, PATIENCE_MS);
  if (trouble === null) return;
  const { host, port } = new pg.Client({ connectionString });
  end(`DATABASE_URL: Postgres at ${host}:${port} can't be reached: ${wordsFor(trouble)}. Start it or mend the URL, then migrate again.`);
}

function sayWait(what) {
  process.stderr.write(`Waiting for ${what} …\n`);
}

function end(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
