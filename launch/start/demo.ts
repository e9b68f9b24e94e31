import { connectors, PROVIDERS } from "@mara/connectors";
import { createTenant, findTenant, listIntegrations, openStore, readKeyring, saveIntegration } from "@mara/store";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The tenant that newcomers try things with. */
export const DEMO = "demo";

/**
 * On the first start of a data folder: makes the tenant `demo`, with a signing secret for each provider. It is done when its
 * mark is in the folder, so that a start that was killed half-way does not leave half of it, and later ones leave the
 * tenant as its people have made it. Where the folder is given another database, that one has its first start.
 */
export async function seedDemo(dataDir: string, databaseUrl: string, secretsKey: string): Promise<void> {
  const mark = join(dataDir, "demo.seeded");
  const store = openStore({ databaseUrl, keyring: readKeyring(secretsKey), poolSize: 2 });
  try {
    if (existsSync(mark) && (await findTenant(store, DEMO)) !== null) return;
    await rm(mark, { force: true });
    await createTenant(store, { id: DEMO, name: "Demo" });
    for (const { provider, configured } of await listIntegrations(store, DEMO, PROVIDERS)) {
      if (configured) continue;
      await saveIntegration(store, DEMO, provider, { signingSecret: connectors[provider].makeSecret(randomBytes(24)) });
    }
  } finally {
    await store.close();
  }
  await writeFile(mark, "");
}
