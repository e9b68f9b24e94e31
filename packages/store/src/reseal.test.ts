import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { KEY, openScene } from "../test/scene.ts";
import { backfillApiKey } from "./backfills.ts";
import { saveIntegration } from "./integrations.ts";
import { readKeyring } from "./keyring.ts";
import { openStore, type Store } from "./open-store.ts";
import { resealSecrets } from "./reseal.ts";
import { loadSecrets } from "./secrets.ts";

const NEW_KEY = Buffer.alloc(32, 2).toString("base64");

let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  scene = await openScene();
  await saveIntegration(scene.store, scene.tenantId, "clerk", {
    signingSecret: "whsec_0123456789",
    apiKey: "sk_test_0123456789",
  });
});
afterAll(() => scene.close());

async function withKeys<T>(keys: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ databaseUrl: scene.url, keyring: readKeyring(keys) });
  return work(store).finally(() => store.close());
}

it("lets an old key go once everything was sealed again with the new one", async () => {
  expect(await withKeys(`${NEW_KEY},${KEY}`, resealSecrets)).toBe(2);
  expect(await withKeys(`${NEW_KEY},${KEY}`, resealSecrets)).toBe(0);
  await withKeys(NEW_KEY, async (store) => {
    expect((await loadSecrets(store, [scene.tenantId])).get(scene.tenantId)?.clerk).toMatchObject([
      { value: "whsec_0123456789" },
    ]);
    expect(await backfillApiKey(store, scene.tenantId)).toBe("sk_test_0123456789");
  });
});

it("refuses to go on where it has not got the old key", async () => {
  await expect(withKeys(KEY, resealSecrets)).rejects.toThrow("no key of SECRETS_KEY");
});
