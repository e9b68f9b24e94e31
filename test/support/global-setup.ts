import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { APPS } from "../../launch/start/apps.ts";
import { build } from "../../launch/start/build.ts";
import { startPostgres, type RunningPostgres } from "../../launch/services/postgres.ts";
import { migrate } from "../../packages/store/src/migrate.ts";

declare global {
  var testPostgres: { server: RunningPostgres; dir: string } | undefined;
}

/** The apps as they are now, and one Postgres for all test files; each file makes its own database from the migrated template. */
export default async function setUp(): Promise<void> {
  if (globalThis.testPostgres) return;
  // Also where the types are wrong, for whoever writes a test before its types: it is built all the same.
  await build(join(import.meta.dirname, "../.."), APPS).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  const dir = await mkdtemp(join(tmpdir(), "mara-test-"));
  await chmod(dir, 0o755);
  const server = await startPostgres({
    dataDir: join(dir, "postgres"),
    settings: { fsync: "off", synchronous_commit: "off", max_connections: "300" },
  });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("CREATE DATABASE template_mara");
  await client.end();
  await migrate(server.url.replace(/\/postgres$/, "/template_mara"), join(import.meta.dirname, "../../prisma/migrations"));
  globalThis.testPostgres = { server, dir };
  process.env.TEST_POSTGRES_URL = server.url;
}
