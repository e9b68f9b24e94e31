import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { addTenant, KEY, openScene } from "../test/scene.ts";
import { backfillApiKey } from "./backfills.ts";
import { saveIntegration } from "./integrations.ts";
import { readKeyring } from "./keyring.ts";
import { openStore, type Store } from "./open-store.ts";
import { countUnopenable, resealSecrets } from "./reseal.ts";
import { loadSecrets } from "./secrets.ts";

const NEW_KEY = Buffer.alloc(32, 2).toString("base64");
const LOST_KEY = Buffer.alloc(32, 9).toString("base64");

let scene: Awaited<ReturnType<typeof openScene>>;
beforeEach(async () => {
  scene = await openScene();
  await saveIntegration(scene.store, scene.tenantId, "clerk", {
    signingSecret: "whsec_0123456789",
    apiKey: "sk_test_0123456789",
  });
});
afterEach(() => scene.close());

async function withKeys<T>(keys: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ databaseUrl: scene.url, keyring: readKeyring(keys) });
  return work(store).finally(() => store.close());
}

/** What can be opened of the tenant's secrets of Clerk, null for what can't. */
async function valuesWith(keys: string): Promise<(string | null)[] | undefined> {
  const loaded = await withKeys(keys, (store) => loadSecrets(store, [scene.tenantId]));
  return loaded.get(scene.tenantId)?.clerk?.map(({ value }) => value);
}

it("lets an old key go once everything was sealed again with the new one", async () => {
  expect(await withKeys(`${NEW_KEY},${KEY}`, resealSecrets)).toBe(2);
  expect(await withKeys(`${NEW_KEY},${KEY}`, resealSecrets)).toBe(0);
  expect(await valuesWith(NEW_KEY)).toEqual(["whsec_0123456789"]);
  expect(await withKeys(NEW_KEY, (store) => backfillApiKey(store, scene.tenantId))).toBe("sk_test_0123456789");
});

it("lets an old key go also where a secret that had ended is pasted again afterwards", async () => {
  await saveIntegration(scene.store, scene.tenantId, "clerk", { signingSecret: "whsec_9876543210", overlapHours: 0 });
  await withKeys(`${NEW_KEY},${KEY}`, async (store) => {
    await resealSecrets(store);
    await saveIntegration(store, scene.tenantId, "clerk", { signingSecret: "whsec_0123456789", overlapHours: 0 });
    expect(await resealSecrets(store)).toBe(0);
  });
  expect(await valuesWith(NEW_KEY)).toEqual(["whsec_0123456789"]);
});

describe("where a key is lost", () => {
  it("reseals all that it can, and then says where it could not", async () => {
    await addTenant(scene.store, "unlucky");
    await withKeys(LOST_KEY, (store) => saveIntegration(store, "unlucky", "stripe", { signingSecret: "whsec_lost" }));
    await withKeys(LOST_KEY, (store) => saveIntegration(store, "unlucky", "clerk", { apiKey: "sk_test_lost456789" }));
    await expect(withKeys(`${NEW_KEY},${KEY}`, resealSecrets)).rejects.toMatchObject({
      message: expect.stringContaining("no key of SECRETS_KEY"),
      places: [
        { tenantId: "unlucky", provider: "stripe", purpose: "signing secret" },
        { tenantId: "unlucky", provider: "clerk", purpose: "api key" },
      ],
    });
    expect(await valuesWith(NEW_KEY)).toEqual(["whsec_0123456789"]);
    expect(await withKeys(NEW_KEY, (store) => backfillApiKey(store, scene.tenantId))).toBe("sk_test_0123456789");
  });

  it("counts the places that it would name, and none that the ring opens", async () => {
    await withKeys(LOST_KEY, (store) => saveIntegration(store, scene.tenantId, "polar", { signingSecret: "whsec_lost" }));
    const counts = [`${NEW_KEY},${KEY}`, `${NEW_KEY},${KEY},${LOST_KEY}`, NEW_KEY].map((keys) => withKeys(keys, countUnopenable));
    expect(await Promise.all(counts)).toEqual([1, 0, 3]);
  });

  it("passes over a secret that has ended", async () => {
    await withKeys(LOST_KEY, (store) => saveIntegration(store, scene.tenantId, "polar", { signingSecret: "whsec_lost" }));
    await scene.store.pool.query("UPDATE signing_secrets SET expires_at = now() - interval '1 minute' WHERE provider = 'polar'");
    expect([await withKeys(KEY, resealSecrets), await withKeys(KEY, countUnopenable)]).toEqual([0, 0]);
  });

  it("is content again when the lost secret was pasted again", async () => {
    await withKeys(LOST_KEY, (store) => saveIntegration(store, scene.tenantId, "polar", { signingSecret: "whsec_lost" }));
    await expect(withKeys(KEY, resealSecrets)).rejects.toThrow("no key of SECRETS_KEY");
    await saveIntegration(scene.store, scene.tenantId, "polar", { signingSecret: "whsec_lost" });
    expect(await withKeys(KEY, resealSecrets)).toBe(0);
  });
});
