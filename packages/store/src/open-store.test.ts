import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { freshDatabase } from "../../../test/support/services.ts";
import { freePort } from "../../../launch/services/free-port.ts";
import { KEY } from "../test/scene.ts";
import { readKeyring } from "./keyring.ts";
import { openStore, type Store, type StoreOptions } from "./open-store.ts";
import { isPassing } from "./record/passing.ts";
import { findTenant, listTenants } from "./tenants.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let stores: Store[] = [];
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  await database.drop();
});

function open(options: Partial<StoreOptions> = {}): Store {
  const store = openStore({ databaseUrl: database.url, keyring: readKeyring(KEY), ...options });
  stores.push(store);
  return store;
}

describe("the store", () => {
  it("gives up a query that is not answered in time, and goes on", async () => {
    const store = open({ queryTimeout: 100, poolSize: 1 });
    const late = await store.pool.query("SELECT pg_sleep(30)").catch((error: unknown) => error);
    expect(isPassing(late)).toBe(true);
    expect(await findTenant(store, "nobody")).toBeNull();
  });

  it("hears of connections that break while nobody uses them, and makes new ones", async () => {
    let heard: (error: Error) => void = () => {};
    const broken = new Promise<Error>((resolve) => (heard = resolve));
    const store = open({ poolSize: 1, onError: (error) => heard(error) });
    const { rows } = await store.pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await open().pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    expect((await broken).message).toContain("terminat");
    expect(await findTenant(store, "nobody")).toBeNull();
  });

  it.each([
    ["the pool", (store: Store) => store.pool.query("SELECT 1")],
    ["Prisma", (store: Store) => listTenants(store)],
  ])("tells by the error of %s that Postgres is away", async (_name, ask) => {
    const store = open({ databaseUrl: `postgresql://mara:mara@127.0.0.1:${await freePort()}/mara` });
    const error = await ask(store).then(() => null, (failure: unknown) => failure);
    expect(isPassing(error)).toBe(true);
  });

  it("keeps what was asked for out of Prisma's errors", async () => {
    const store = open();
    await store.pool.query("ALTER TABLE tenants RENAME COLUMN name TO label");
    const error = await store.prisma.tenant.findFirst({ where: { name: "a secret name" } }).catch((failure: unknown) => failure);
    expect(String(error)).toContain("PrismaClientKnownRequestError");
    expect(String(error)).not.toContain("a secret name");
  });

  it("can be closed without ever having been used", async () => {
    await expect(openStore({ databaseUrl: database.url, keyring: readKeyring(KEY) }).close()).resolves.toBeUndefined();
  });
});
