import { afterEach, beforeEach, expect, it } from "@jest/globals";
import pg from "pg";
import { wipe } from "../../bench/measure/wipe.ts";
import { eventually } from "../support/eventually.ts";
import { freshDatabase } from "../support/services.ts";

const HERE = "the test";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let sweep: pg.Client;
let onlooker: pg.Client;

beforeEach(async () => {
  database = await freshDatabase();
  const here = { connectionString: database.url, application_name: HERE };
  [sweep, onlooker] = [new pg.Client(here), new pg.Client(here)];
  await Promise.all([sweep.connect(), onlooker.connect()]);
  // Of two that wait for each other, the first to notice is broken off.
  await sweep.query("SET deadlock_timeout = 10");
});

afterEach(async () => {
  await Promise.all([sweep.end(), onlooker.end()]);
  await database.drop();
});

it("the tables are emptied once a sweep is through that takes them in another order, and the sweep is not broken off", async () => {
  await sweep.query("INSERT INTO tenants (id, name) VALUES ('t', 'T')");
  await sweep.query("INSERT INTO delivery_counts (tenant_id, provider, outcome, hour, count) VALUES ('t', 'stripe', 'ignored', now(), 1)");
  await sweep.query("BEGIN; LOCK TABLE payloads IN ROW EXCLUSIVE MODE");
  const wiped = wipe(database.url);
  await eventually(others, (queries) => queries.some((query) => /payloads|ROLLBACK/.test(query)));
  await sweep.query("SELECT FROM deliveries");
  await sweep.query("COMMIT");
  await wiped;
  expect((await sweep.query("SELECT FROM delivery_counts")).rowCount).toBe(0);
});

it("what fails in it is told, and leaves no connection behind", async () => {
  await sweep.query("DROP TABLE payloads CASCADE");
  await expect(wipe(database.url)).rejects.toMatchObject({ code: "42P01" });
  expect(await eventually(others, (queries) => queries.length === 0)).toEqual([]);
});

/** What the connections of others to the database were asked last. */
async function others(): Promise<string[]> {
  const { rows } = await onlooker.query<{ query: string }>(
    "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> $1",
    [HERE],
  );
  return rows.map(({ query }) => query);
}
