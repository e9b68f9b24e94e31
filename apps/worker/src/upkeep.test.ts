import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createLogger } from "@mara/runtime";
import { openStore, readKeyring, saveIntegration, type Store } from "@mara/store";
import { SECRETS_KEY, newTenant, testStore } from "../test/store.ts";
import { upkeepWork } from "./upkeep.ts";

const DAY = 86_400_000;

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let said: Record<string, unknown>[];
let swept: number;

beforeAll(async () => {
  database = await testStore();
  store = database.store;
});
afterAll(() => database.close());
beforeEach(async () => {
  await store.pool.query("DELETE FROM signing_secrets");
  said = [];
  swept = 0;
});

async function upkeep(on: Store, signal = new AbortController().signal): Promise<void> {
  await upkeepWork({
    store: on,
    retention: { payloadDays: 30, deliveryDays: 90 },
    failed: async () => undefined,
    log: createLogger("worker", "info", { write: (line) => void said.push(JSON.parse(line)) }),
    onSwept: () => void swept++,
  }).sweepOld(signal);
}

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString("base64");
const whatWasSaid = (msg: string) => said.find((line) => line.msg === msg);

describe("upkeep", () => {
  it("says how many secrets it sealed with the newest key, until there are none left", async () => {
    const tenant = await newTenant(store);
    await saveIntegration(store, tenant, "stripe", { signingSecret: "whsec_0123456789abcdefghijklmnop" });
    const rotated = openStore({ databaseUrl: database.url, keyring: readKeyring(`${keyOf(8)},${SECRETS_KEY}`) });
    try {
      await upkeep(rotated);
      expect(whatWasSaid("secrets are sealed with the newest key")).toMatchObject({ resealed: 1 });
      said = [];
      await upkeep(rotated);
      expect(whatWasSaid("secrets are sealed with the newest key")).toMatchObject({ resealed: 0 });
    } finally {
      await rotated.close();
    }
  });

  it("names the integrations whose secrets it can't open, seals the others, and does not fail for it", async () => {
    const [lost, fine] = [await newTenant(store), await newTenant(store)];
    const before = openStore({ databaseUrl: database.url, keyring: readKeyring(keyOf(9)) });
    const rotated = openStore({ databaseUrl: database.url, keyring: readKeyring(`${keyOf(8)},${SECRETS_KEY}`) });
    try {
      await saveIntegration(before, lost, "polar", { signingSecret: "whsec_0123456789abcdefghijklmnop" });
      await saveIntegration(store, fine, "stripe", { signingSecret: "whsec_0123456789abcdefghijklmnop" });
      await upkeep(rotated);
      expect(said.find(({ sealed }) => sealed !== undefined)).toMatchObject({ count: 1, sealed: [{ tenantId: lost, provider: "polar", purpose: "signing secret" }] });
      expect(whatWasSaid("secrets are sealed with the newest key")).toBeUndefined();
      expect(whatWasSaid("upkeep failed; it is tried again at its next time")).toBeUndefined();
      expect(swept).toBe(1);
      await saveIntegration(rotated, lost, "polar", { signingSecret: "whsec_0123456789abcdefghijklmnop" });
      await upkeep(rotated);
      expect(whatWasSaid("secrets are sealed with the newest key")).toMatchObject({ resealed: 0 });
      expect(swept).toBe(2);
    } finally {
      await before.close();
      await rotated.close();
    }
  });

  it("names the integrations that fell silent, and those that are being rejected", async () => {
    const tenant = await newTenant(store);
    await store.pool.query("INSERT INTO integrations (tenant_id, provider) VALUES ($1, 'polar')", [tenant]);
    await store.pool.query("INSERT INTO connector_health (tenant_id, provider, last_activity_at) VALUES ($1, 'polar', $2)", [tenant, new Date(Date.now() - 2 * DAY)]);
    const count = `INSERT INTO delivery_counts (tenant_id, provider, hour, outcome, count) VALUES ($1, $2, $3, $4, $5)`;
    for (const day of [2, 3, 4, 5, 6, 7]) await store.pool.query(count, [tenant, "polar", new Date(Date.now() - day * DAY), "processed", 1]);
    await store.pool.query(count, [tenant, "clerk", new Date(), "rejected", 12]);
    await upkeep(store);
    expect(whatWasSaid("integrations that used to flow are silent")).toMatchObject({ count: 1, integrations: [{ tenantId: tenant, provider: "polar" }] });
    expect(whatWasSaid("integrations have most of their deliveries rejected")).toMatchObject({ count: 1, integrations: [{ tenantId: tenant, provider: "clerk" }] });
  });

  it("stops where the process is about to, between two batches, and nothing is amiss", async () => {
    const tenant = await newTenant(store);
    await store.pool.query("INSERT INTO streams (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [tenant]);
    const old = "INSERT INTO payloads (tenant_id, delivery_id, body) SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, '{}' FROM generate_series(1, 2100) i";
    await store.pool.query(old, [tenant]);
    const stop = new AbortController();
    // The first statement asks what time it is.
    store.pool.once("acquire", () => store.pool.once("acquire", () => stop.abort()));
    await expect(upkeep(store, stop.signal)).rejects.toThrow("aborted");
    expect((await store.pool.query("SELECT 1 FROM payloads WHERE tenant_id = $1", [tenant])).rowCount).toBe(100);
    expect([said, swept]).toEqual([[], 0]);
    await upkeep(store);
    expect((await store.pool.query("SELECT 1 FROM payloads WHERE tenant_id = $1", [tenant])).rowCount).toBe(0);
  });

  it("notes that retention went well, though what comes after it fails", async () => {
    const { pool } = store;
    await pool.query("ALTER TABLE signing_secrets RENAME COLUMN sealed TO hidden");
    try {
      await expect(upkeep(store)).rejects.toThrow("sealed");
    } finally {
      await pool.query("ALTER TABLE signing_secrets RENAME COLUMN hidden TO sealed");
    }
    expect(whatWasSaid("upkeep failed; it is tried again at its next time")).toMatchObject({ code: "42703" });
    expect(swept).toBe(1);
  });

  it("does not note it where retention fails", async () => {
    await upkeep(store);
    expect(swept).toBe(1);
    const away = openStore({ databaseUrl: "postgresql://mara:mara@127.0.0.1:9/none", keyring: store.keyring });
    await expect(upkeep(away)).rejects.toThrow();
    expect(swept).toBe(1);
    expect(whatWasSaid("upkeep failed; it is tried again at its next time")).toMatchObject({ code: "ECONNREFUSED" });
    await away.close();
  });
});
