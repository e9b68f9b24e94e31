import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { PROVIDERS } from "@mara/connectors";
import { listIntegrations, openStore, readKeyring } from "@mara/store";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freshDatabase } from "../../test/support/services.ts";
import { DEMO, seedDemo } from "./demo.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-demo-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

it("a data folder that is given another database has the demo tenant there as well, with all its secrets", async () => {
  for (const database of [await freshDatabase(), await freshDatabase()]) {
    await seedDemo(dir, database.url, KEY);
    expect(await configuredIn(database.url)).toEqual(PROVIDERS);
    await database.drop();
  }
});

async function configuredIn(databaseUrl: string): Promise<string[]> {
  const store = openStore({ databaseUrl, keyring: readKeyring(KEY), poolSize: 1 });
  try {
    const integrations = await listIntegrations(store, DEMO, PROVIDERS);
    return integrations.filter(({ configured }) => configured).map(({ provider }) => provider);
  } finally {
    await store.close();
  }
}
