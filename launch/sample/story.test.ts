import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { createTenant, openStore, readKeyring, saveIntegration } from "@mara/store";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freshDatabase } from "../../test/support/services.ts";
import { createRunFile } from "../run-file.ts";
import { freePort } from "../services/free-port.ts";
import { DEMO } from "../start/demo.ts";
import { RunningSystem } from "./running-system.ts";
import { playStory } from "./story.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
let dataDir: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let ingest: Server;
let delivered: number;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-story-"));
  database = await freshDatabase();
  delivered = 0;
  ingest = createServer((request, response) => {
    if (request.method === "POST") delivered += 1;
    response.end("{}");
  });
});

afterEach(async () => {
  ingest.closeAllConnections();
  ingest.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

it("a story for which the tenant lacks a secret is not begun", async () => {
  const store = openStore({ databaseUrl: database.url, keyring: readKeyring(KEY), poolSize: 1 });
  await createTenant(store, { id: DEMO, name: "Demo" });
  await saveIntegration(store, DEMO, "clerk", { signingSecret: `whsec_${Buffer.alloc(24, 7).toString("base64")}` });
  await store.close();
  const port = await freePort();
  await new Promise<void>((resolve) => ingest.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${port}`;
  const urls = { ingest: url, console: url, worker: url };
  await createRunFile(dataDir, { urls, publicUrl: url, databaseUrl: database.url, redisUrl: "", secretsKey: KEY, adminToken: "token" });
  await expect(playStory(await RunningSystem.find(dataDir))).rejects.toThrow(`The tenant ${DEMO} has no signing secret for`);
  expect(delivered).toBe(0);
});
