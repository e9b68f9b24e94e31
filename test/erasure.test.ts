import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Sample, type SampleOptions } from "@mara/connectors";
import type { EventJob } from "@mara/queue";
import { createLogger } from "@mara/runtime";
import { createTenant, eraseContact, listContacts, listEvents, openStore, readKeyring, type Store } from "@mara/store";
import { createPatience, createRecorder, type Recorder } from "@mara/worker";
import { v7 as uuid } from "uuid";
import { freshDatabase } from "./support/services.ts";

const TENANT = "acme";
const AT = Date.UTC(2026, 10, 1);
const EMAIL = "gone@forgotten.test";
const NAME = "Gone Person";
const IDS = { stripe: "cus_Forgotten1", polar: "9b2f7c7e-forgotten", clerk: "user_Forgotten1" };

let database: Awaited<ReturnType<typeof freshDatabase>>;
let store: Store;
let recorder: Recorder;

beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ databaseUrl: database.url, keyring: readKeyring(Buffer.alloc(32, 1).toString("base64")) });
  await createTenant(store, { name: "Acme", id: TENANT });
  const log = createLogger("worker", "silent");
  recorder = createRecorder({ store, log, patience: createPatience(log) });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** Every event that the connectors have a sample of and that ingest would enqueue, all about one person. */
function lifeOfOne(): EventJob[] {
  return PROVIDERS.flatMap((provider) =>
    Object.values(connectors[provider].samples).map((make: (options: SampleOptions) => Sample, i) => {
      const person = { email: EMAIL, name: NAME, externalId: IDS[provider], ...(provider === "clerk" ? {} : { appId: IDS.clerk }) };
      const { id, type, body } = make({ at: AT + i, seed: `seed${i}`, person });
      return {
        tenantId: TENANT, provider, deliveryId: uuid(), eventId: id, eventType: type, receivedAt: AT + i, secretId: null,
        requestId: null, dedupe: true, replay: false, body,
      };
    }),
  ).filter(isEnqueued);
}

function isEnqueued({ provider, eventId, body, receivedAt }: EventJob): boolean {
  const connector = connectors[provider];
  return connector.normalise(connector.read({ id: eventId, body, receivedAt })).facts !== null;
}

async function record(jobs: readonly EventJob[]): Promise<void> {
  await Promise.all(jobs.map((job) => recorder.record(job)));
}

/** The tables that hold one of `texts` anywhere. */
async function whereFound(texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await store.pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await store.pool.query<{ text: string }>(
      `SELECT text FROM unnest($1::text[]) AS needle(text)
        WHERE EXISTS (SELECT 1 FROM "${name}" t WHERE strpos(t::text, needle.text) > 0)`,
      [texts],
    );
    found.push(...rows.map(({ text }) => `${name}: ${text}`));
  }
  return found;
}

it("erases a person of whom every kind of event told, and no redelivery brings them back", async () => {
  const life = lifeOfOne();
  await record(life);
  const { items: contacts } = await listContacts(store, TENANT);
  expect(contacts.length).toBeGreaterThan(0);
  expect((await listEvents(store, TENANT)).items.length).toBeGreaterThan(8);
  const traces = [EMAIL, NAME, ...Object.values(IDS), ...contacts.map(({ id }) => id)];
  expect(await whereFound(traces)).not.toEqual([]);

  for (const { id } of contacts) await eraseContact(store, TENANT, id);
  expect(await whereFound(traces)).toEqual([]);

  await record(life.map((job) => ({ ...job, deliveryId: uuid() })));
  expect((await listContacts(store, TENANT)).items).toEqual([]);
  expect((await listEvents(store, TENANT)).items).toEqual([]);
  expect(await whereFound(traces)).toEqual([]);
});
