import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { namesIn } from "@mara/console";
import { connectors, PROVIDERS, type Provider, type Sample, type SampleOptions } from "@mara/connectors";
import type { EventJob } from "@mara/queue";
import { createLogger } from "@mara/runtime";
import { createTenant, eraseContact, listContacts, listEvents, openStore, readKeyring, type Store } from "@mara/store";
import { createPatience, createRecorder, type Recorder } from "@mara/worker";
import { v7 as uuid } from "uuid";
import { byProvider } from "./support/by-provider.ts";
import { freshDatabase } from "./support/services.ts";

const TENANT = "acme";
const AT = Date.UTC(2026, 10, 1);
const EMAIL = "gone@forgotten.test";
const NAME = "Gone Person";
const IDS = byProvider((provider) => `${provider}_Forgotten1`);

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

type Person = NonNullable<SampleOptions["person"]>;

function jobOf(tenantId: string, provider: Provider, type: string, seed: string, person: Person): EventJob {
  const samples: Readonly<Record<string, (options: SampleOptions) => Sample>> = connectors[provider].samples;
  const sample = samples[type]?.({ at: AT, seed, person });
  if (!sample) throw new Error(`${provider} has no sample of ${type}`);
  const { id: eventId, body } = sample;
  return {
    tenantId, provider, deliveryId: uuid(), eventId, eventType: type, receivedAt: AT, secretId: null, requestId: null,
    dedupe: true, replay: false, body,
  };
}

/** A tenant of its own, with one contact. */
async function tenantOf(person: Person): Promise<{ tenantId: string; contactId: string }> {
  const tenantId = `tenant-${uuid()}`;
  await createTenant(store, { name: "Own", id: tenantId });
  await recorder.record(jobOf(tenantId, "polar", "order.paid", "first", person));
  const { items: [contact] } = await listContacts(store, tenantId);
  return { tenantId, contactId: contact?.id ?? "" };
}

async function bodiesOf(tenantId: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string }>("SELECT delivery_id AS id FROM payloads WHERE tenant_id = $1", [tenantId]);
  return rows.map(({ id }) => id);
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

  for (const { id } of contacts) await eraseContact(store, TENANT, id, namesIn);
  expect(await whereFound(traces)).toEqual([]);

  await record(life.map((job) => ({ ...job, deliveryId: uuid() })));
  expect((await listContacts(store, TENANT)).items).toEqual([]);
  expect((await listEvents(store, TENANT)).items).toEqual([]);
  expect(await whereFound(traces)).toEqual([]);
});

it("does not bring anybody back by a delivery that had failed: neither sent again, nor tried again, nor failing again", async () => {
  const ada = { email: "ada@x.test", name: "Ada", externalId: "pc_ada" };
  const { tenantId, contactId } = await tenantOf(ada);
  const failed = jobOf(tenantId, "stripe", "invoice.payment_failed", "second", { ...ada, externalId: "cus_ada" });
  const unreadable = { ...jobOf(tenantId, "polar", "order.paid", "third", ada), body: '{"type":"order.paid","data":{"customer":{"id":"pc_ada"}}}' };
  await Promise.all([failed, unreadable].map((job) => recorder.fail(job, "given up")));
  expect(await bodiesOf(tenantId)).toHaveLength(3);

  await eraseContact(store, tenantId, contactId, namesIn);
  expect(await bodiesOf(tenantId)).toEqual([]);

  await record([{ ...failed, replay: true }, { ...failed, deliveryId: uuid() }]);
  for (const job of [failed, unreadable]) await recorder.fail({ ...job, replay: true }, "given up again");
  expect((await listContacts(store, tenantId)).items).toEqual([]);
  expect(await bodiesOf(tenantId)).toEqual([]);
});

it("leaves the failed deliveries of strangers alone, however much their addresses and words look alike", async () => {
  const { tenantId, contactId } = await tenantOf({ email: "ann@gmail.com", name: "Ann", externalId: "pc_ann", appId: "usd" });
  const strangers = [
    jobOf(tenantId, "stripe", "invoice.payment_failed", "a", { email: "joann@gmail.com", name: "Jo", externalId: "cus_jo" }),
    jobOf(tenantId, "polar", "order.paid", "b", { email: "z@y.test", name: "Z", externalId: "pc_z", appId: "77" }),
    { ...jobOf(tenantId, "polar", "order.paid", "c", {}), body: '{"type":"order.paid","data":{"currency":"usd","email":"joann@gmail.com"}}' },
  ];
  for (const job of strangers) await recorder.fail(job, "given up");
  await eraseContact(store, tenantId, contactId, namesIn);
  expect((await bodiesOf(tenantId)).sort()).toEqual(strangers.map(({ deliveryId }) => deliveryId).sort());
});

it("forgets the history of an object that no event came of", async () => {
  const ada = { email: "ada@x.test", name: "Ada", externalId: "cus_ada" };
  const { tenantId, contactId } = await tenantOf(ada);
  const paid = jobOf(tenantId, "stripe", "invoice.payment_succeeded", "paid", ada);
  await recorder.record({ ...paid, body: paid.body.replace(/"attempt_count":\s*\d+/, '"attempt_count":1') });
  const left = () => store.pool.query("SELECT subject FROM subjects WHERE tenant_id = $1 AND provider = 'stripe'", [tenantId]);
  expect((await left()).rows).toHaveLength(1);
  await eraseContact(store, tenantId, contactId, namesIn);
  expect((await left()).rows).toEqual([]);
});
