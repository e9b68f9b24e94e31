import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { eventually } from "../../../../test/support/eventually.ts";
import { freshDatabase } from "../../../../test/support/services.ts";
import { readKeyring } from "../keyring.ts";
import { openStore, type Store } from "../open-store.ts";
import { withFreeStreams, withStreams } from "./stream.ts";
import type { Transaction } from "./transaction.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let store: Store;
beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ databaseUrl: database.url, keyring: readKeyring(randomBytes(32).toString("base64")) });
});
beforeEach(() => store.pool.query("TRUNCATE streams; INSERT INTO streams (tenant_id, last_seq) VALUES ('a', 1), ('b', 2), ('c', 3)"));
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** Holds streams, and counts one on with each, until what it answers is called. */
async function hold(...tenantIds: string[]): Promise<() => Promise<void>> {
  let letGo = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    ended = withStreams(store.pool, tenantIds, async (transaction) => {
      await transaction.query("UPDATE streams SET last_seq = last_seq + 10 WHERE tenant_id = ANY($1::text[])", [tenantIds]);
      resolve();
      await until;
    });
  });
  return async () => {
    letGo();
    await ended;
  };
}

/** Resolves when somebody waits for a lock. */
const somebodyWaits = () =>
  eventually(
    async () => (await store.pool.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rowCount,
    (count) => count === 1,
  );

const streamsHad = (tenantIds: string[], waitFor: Parameters<typeof withFreeStreams>[2] = null) =>
  withFreeStreams(store.pool, tenantIds, waitFor, async (_transaction, streams) => Object.fromEntries(streams));

describe("those of the streams that are free", () => {
  it("are had at once, with their numbers; those that are held are named, and those that do not exist are neither", async () => {
    const letGo = await hold("b");
    expect(await streamsHad(["c", "b", "a", "nobody", "a"])).toEqual({ done: { a: 1n, c: 3n }, left: new Set(["b"]) });
    await letGo();
  });

  it("are held until the work is committed", async () => {
    await withFreeStreams(store.pool, ["a"], null, async () => {
      expect(await streamsHad(["a", "b"])).toEqual({ done: { b: 2n }, left: new Set(["a"]) });
    });
    expect(await streamsHad(["a"])).toMatchObject({ done: { a: 1n } });
  });

  it("may be none: then nothing is done", async () => {
    const letGo = await hold("a", "b");
    expect(await streamsHad(["a", "b"])).toEqual({ done: null, left: new Set(["a", "b"]) });
    await letGo();
  });
});

describe("a stream that is waited for", () => {
  it("is had as soon as it is free, as it is by then, and the others with it", async () => {
    const letGo = await hold("a", "c");
    const had = streamsHad(["c", "b", "a"], { tenantId: "a", ms: 20_000 });
    await somebodyWaits();
    await letGo();
    expect(await had).toEqual({ done: { a: 11n, b: 2n, c: 13n }, left: new Set() });
  });

  it("keeps nobody else waiting meanwhile: who waits holds none", async () => {
    const letGo = await hold("c");
    const had = streamsHad(["a", "b", "c"], { tenantId: "c", ms: 20_000 });
    await somebodyWaits();
    expect(await streamsHad(["a", "b"])).toEqual({ done: { a: 1n, b: 2n }, left: new Set() });
    await letGo();
    await had;
  });

  it("is given up in time, and all the others with it", async () => {
    const letGo = await hold("a");
    expect(await streamsHad(["a", "b"], { tenantId: "a", ms: 1 })).toEqual({ done: null, left: new Set(["a", "b"]) });
    await letGo();
  });

  it("is no reason to wait less patiently for what the work needs", async () => {
    const { done } = await withFreeStreams(store.pool, ["a"], { tenantId: "a", ms: 1 }, async (transaction) => {
      const { rows } = await transaction.query<{ lock_timeout: string }>("SHOW lock_timeout");
      return rows[0]?.lock_timeout;
    });
    expect(done).toBe("21s");
  });

  it("is told from a lock that the work did not get: that is an error", async () => {
    const letGo = await hold("b");
    const work = withFreeStreams(store.pool, ["a"], { tenantId: "a", ms: 50 }, (transaction) =>
      transaction.query("SELECT FROM streams WHERE tenant_id = 'b' FOR UPDATE NOWAIT"),
    );
    await expect(work).rejects.toMatchObject({ code: "55P03" });
    await letGo();
  });
});

it.each([
  ["all of them", (look: (transaction: Transaction) => Promise<unknown>) => withStreams(store.pool, ["a"], look)],
  ["those that are free", (look: (transaction: Transaction) => Promise<unknown>) => withFreeStreams(store.pool, ["a"], null, look)],
])("a process that hangs while it holds %s gives them up after half a minute", async (_which, hold) => {
  let given: unknown;
  await hold(async (transaction) => {
    given = (await transaction.query("SHOW idle_in_transaction_session_timeout")).rows;
  });
  expect(given).toEqual([{ idle_in_transaction_session_timeout: "30s" }]);
});

it("whoever takes what is free and whoever waits for all never wait for each other in a circle", async () => {
  const tenants = ["a", "b", "c"];
  const orders = [tenants, [...tenants].reverse(), ["b", "c", "a"]];
  const bump = (transaction: Parameters<Parameters<typeof withStreams>[2]>[0], ids: Iterable<string>) =>
    transaction.query("UPDATE streams SET last_seq = last_seq + 1 WHERE tenant_id = ANY($1::text[])", [[...ids]]);
  let bumps = 0;
  const rounds = Array.from({ length: 40 }, (_, i) => orders[i % orders.length] ?? tenants).map(async (order, i) => {
    if (i % 2 === 0) {
      bumps += order.length;
      return withStreams(store.pool, order, (transaction, streams) => bump(transaction, streams.keys()));
    }
    return withFreeStreams(store.pool, order, { tenantId: order[0] ?? "a", ms: 20_000 }, (transaction, streams) => {
      bumps += streams.size;
      return bump(transaction, streams.keys());
    });
  });
  await Promise.all(rounds);
  const { rows } = await store.pool.query<{ sum: string }>("SELECT sum(last_seq) FROM streams");
  expect(Number(rows[0]?.sum)).toBe(6 + bumps);
});
