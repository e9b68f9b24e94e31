import { DATABASE_URL, readConfig } from "@mara/runtime";
import { migrate } from "@mara/store";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Brings the database at DATABASE_URL up to date, on what was built: `node launch/migrate.mjs`. It may run any number of times.
const config = readConfig({ DATABASE_URL }, process.env);
const applied = await migrate(config.DATABASE_URL, join(dirname(dirname(fileURLToPath(import.meta.url))), "prisma/migrations"));
process.stdout.write(applied.length === 0 ? "The database is up to date.\n" : `Applied ${applied.join(", ")}.\n`);
