import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openStore, type Store } from "@mara/store";
import { cuttableWay, type CuttableWay } from "../../test/cuttable.ts";
import { sampleJob } from "../../test/deliveries.ts";
import { keyring, newTenant, rowsOf, testLog, testStore, until } from "../../test/store.ts";
import { Closing, createPatience } from "./patience.ts";
import { createRecorder } from "./recorder.ts";

let database: Awaited<ReturnType<typeof testStore>>;
let way: CuttableWay;
/** Reaches Postgres over the way that can be cut. */
let store: Store;
let tenant: string;

beforeAll(async () => {
  database = await testStore();
});
afterAll(() => database.close());
beforeEach(async () => {
  const url = new URL(database.url);
  way = await cuttableWay({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${way.port}`;
  store = openStore({ databaseUrl: url.href, keyring });
  tenant = await newTenant(database.store);
});
afterEach(async () => {
  await store.close();
  await way.close();
});

const recorded = async () => (await rowsOf(database.store, tenant, "SELECT 1 FROM events WHERE tenant_id = $1")).length;

describe("while Postgres is away", () => {
  it("work waits, is said to wait once, and is done when Postgres is back", async () => {
    const { log, said } = testLog();
    const recorder = createRecorder({ store, log, patience: createPatience(log) });
    way.cut();
    const working = ["a", "b", "c"].map((seed) => recorder.record(sampleJob(tenant, "polar", "order.paid", { seed })));
    await until(() => said().length > 0);
    const more = recorder.record(sampleJob(tenant, "polar", "order.paid", { seed: "d" }));
    way.mend();
    expect(await Promise.all([...working, more])).toEqual(["processed", "processed", "processed", "processed"]);
    expect(said()).toEqual(["Postgres does not answer; waiting for it", "Postgres answers again"]);
    expect(await recorded()).toBe(4);
  });

  it("work is given back once the process is about to stop", async () => {
    const { log, said } = testLog();
    const patience = createPatience(log);
    const recorder = createRecorder({ store, log, patience });
    way.cut();
    const working = [recorder.record(sampleJob(tenant, "polar", "order.paid")), recorder.projectPeople(tenant, [], async () => {})];
    const ended = working.map((work) => expect(work).rejects.toThrow(Closing));
    await until(() => said().length > 0);
    patience.end();
    await Promise.all(ended);
    await expect(recorder.record(sampleJob(tenant, "polar", "order.paid"))).rejects.toThrow(Closing);
  });
});

describe("while the database is older than the worker", () => {
  it.each([
    ["a column", "ALTER TABLE deliveries RENAME COLUMN via TO yet_to_come", "ALTER TABLE deliveries RENAME COLUMN yet_to_come TO via"],
    ["a table", "ALTER TABLE subjects RENAME TO yet_to_come", "ALTER TABLE yet_to_come RENAME TO subjects"],
  ])("which lacks %s, work waits, is said to wait once, and is done when it is migrated", async (_what, before, migrated) => {
    const { log, said } = testLog();
    const recorder = createRecorder({ store, log, patience: createPatience(log) });
    await database.store.pool.query(before);
    const working = ["a", "b"].map((seed) => recorder.record(sampleJob(tenant, "polar", "order.paid", { seed })));
    await until(() => said().length > 0);
    await database.store.pool.query(migrated);
    expect(await Promise.all(working)).toEqual(["processed", "processed"]);
    expect(said()).toEqual(["the database is older than this worker; waiting until it is migrated", "Postgres answers again"]);
    expect(await recorded()).toBe(2);
  });
});

describe("a delivery that takes Postgres too long", () => {
  it("fails alone: neither it nor the others wait for ever", async () => {
    const { log } = testLog();
    const impatient = openStore({ databaseUrl: database.url, keyring, queryTimeout: 2_400 });
    const recorder = createRecorder({ store: impatient, log, patience: createPatience(log) });
    const slow = sampleJob(tenant, "polar", "order.paid", { seed: "slow" });
    await database.store.pool.query(`
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
      CREATE TRIGGER dawdle BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.provider_event_id = '${slow.eventId}') EXECUTE FUNCTION dawdle()`);
    const others = ["a", "b", "c"].map((seed) => sampleJob(tenant, "polar", "order.paid", { seed }));
    const outcomes = await Promise.allSettled([slow, ...others].map((job) => recorder.record(job)));
    expect(outcomes).toMatchObject([{ status: "rejected", reason: { code: "57014" } }, ...others.map(() => ({ value: "processed" }))]);
    await database.store.pool.query("DROP FUNCTION dawdle CASCADE");
    await impatient.close();
  });
});

describe("a commit whose answer is lost", () => {
  it("has its effects once", async () => {
    const { log } = testLog();
    const recorder = createRecorder({ store, log, patience: createPatience(log) });
    await recorder.record(sampleJob(tenant, "polar", "order.paid", { seed: "first" }));
    way.cutAfter("COMMIT");
    expect(await recorder.record(sampleJob(tenant, "polar", "order.paid", { seed: "second" }))).toBe("processed");
    expect(await recorded()).toBe(2);
    expect(await rowsOf(database.store, tenant, "SELECT outcome, count FROM delivery_counts WHERE tenant_id = $1")).toEqual([
      { outcome: "processed", count: "2" },
    ]);
  });
});
