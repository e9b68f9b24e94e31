import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { addContact, addDelivery, addEvents, addTenant, openScene } from "../test/scene.ts";
import { findContact } from "./contacts.ts";
import { findDelivery } from "./deliveries.ts";
import { eraseContact } from "./erase.ts";
import { listEvents } from "./events.ts";
import { readHealth } from "./health.ts";
import { loadEvents } from "./record/load.ts";
import { saveMerges } from "./record/save-contacts.ts";
import { saveSubjects } from "./record/save-events.ts";
import { withStreams } from "./record/stream.ts";

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
});

/** Every row of every table, as text. */
async function everything(): Promise<string> {
  const { rows: tables } = await scene.store.pool.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await scene.store.pool.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`);
    texts.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return texts.join("\n");
}

async function saveHistory(subject: string, firsts: Record<string, string>): Promise<void> {
  await withStreams(scene.store.pool, [tenantId], (transaction) =>
    saveSubjects(transaction, [{ tenantId, provider: "stripe", subject, history: { state: "active" }, firsts }]),
  );
}

async function subjects(): Promise<unknown[]> {
  const { rows } = await scene.store.pool.query("SELECT subject, firsts FROM subjects WHERE tenant_id = $1", [tenantId]);
  return rows;
}

/** Somebody who left a trace in every table. */
async function somebody() {
  const contactId = await addContact(scene.store, tenantId, {
    email: "gone@forgotten.test",
    name: "Gone Person",
    attributes: { nickname: "gonzo" },
    known: [["stripe", "cus_gone", "stripe"], ["app", "user_gone", "clerk"], ["app", "7", "app"]],
  });
  const merged = await addContact(scene.store, tenantId, { name: "Gone Before" });
  await withStreams(scene.store.pool, [tenantId], (transaction) =>
    saveMerges(transaction, [{ tenantId, from: merged, into: contactId }]),
  );
  const [eventId = null] = await addEvents(scene.store, tenantId, [
    { contactId, providerEventId: "evt_gone", via: "stripe:cus_gone", subject: "subscription:sub_gone", data: { note: "gonzo" } },
  ]);
  const body = JSON.stringify({ customer: "cus_gone", email: "gone@forgotten.test", name: "Gone Person" });
  const delivery = { contactId, via: "stripe:cus_gone", body };
  return {
    contactId,
    merged,
    eventId,
    recorded: await addDelivery(scene.store, tenantId, { ...delivery, providerEventId: "evt_gone", eventId }),
    ignored: await addDelivery(scene.store, tenantId, { ...delivery, providerEventId: "evt_facts", outcome: "ignored" }),
    unlinked: await addDelivery(scene.store, tenantId, { body, providerEventId: "evt_gone", outcome: "duplicate" }),
    failed: await addDelivery(scene.store, tenantId, { body, outcome: "failed", reason: "the invoice has no id" }),
  };
}

describe("erasing a contact", () => {
  it("leaves nothing of the person anywhere in the database", async () => {
    const { contactId, eventId } = await somebody();
    await saveHistory("subscription:sub_gone", { started: eventId ?? "" });
    const before = await everything();
    const strings = ["forgotten", "Gone", "gonzo", "cus_gone", "user_gone", "sub_gone", contactId];
    for (const text of strings) expect(before).toContain(text);

    expect(await eraseContact(scene.store, tenantId, contactId)).toBe(true);

    const after = await everything();
    for (const text of strings) expect(after).not.toContain(text);
  });

  it("leaves everybody else alone", async () => {
    const { contactId } = await somebody();
    const other = await addContact(scene.store, tenantId, { email: "other@x.test", known: [["stripe", "cus_other", "stripe"]] });
    const [event] = await addEvents(scene.store, tenantId, [{ contactId: other }]);
    const kept = await addDelivery(scene.store, tenantId, { contactId: other, body: '{"customer":"cus_other"}' });
    const failed = await addDelivery(scene.store, tenantId, { outcome: "failed", body: '{"customer":"cus_other","n":7}' });
    await eraseContact(scene.store, tenantId, contactId);
    expect(await findContact(scene.store, tenantId, other)).toMatchObject({ email: "other@x.test" });
    expect((await listEvents(scene.store, tenantId)).items.map(({ id }) => id)).toEqual([event]);
    expect(await findDelivery(scene.store, tenantId, kept)).toMatchObject({ contactId: other, body: '{"customer":"cus_other"}' });
    expect((await findDelivery(scene.store, tenantId, failed))?.body).toContain("cus_other");
  });

  it("keeps the deliveries listed, without saying whom they were about", async () => {
    const { contactId, recorded, failed } = await somebody();
    await eraseContact(scene.store, tenantId, contactId);
    expect(await findDelivery(scene.store, tenantId, recorded)).toMatchObject({
      outcome: "processed", reason: "the contact that it was about was erased", contactId: null, eventId: null, body: null,
    });
    expect(await findDelivery(scene.store, tenantId, failed)).toMatchObject({ outcome: "failed", reason: "the invoice has no id" });
  });

  it("remembers its provider events, so that none of them brings it back", async () => {
    const { contactId } = await somebody();
    const testId = await addDelivery(scene.store, tenantId, { contactId, providerEventId: "evt_000", dedupe: false });
    await eraseContact(scene.store, tenantId, contactId);
    const keys = ["evt_gone", "evt_facts", `evt_000#${testId}`, "evt_000", "evt_new"];
    const known = await withStreams(scene.store.pool, [tenantId], (transaction) =>
      loadEvents(transaction, keys.map((eventKey) => ({ tenantId, provider: "stripe", eventKey }))),
    );
    expect(known.map(({ eventKey, id }) => [eventKey, id]).sort()).toEqual([
      [`evt_000#${testId}`, null],
      ["evt_facts", null],
      ["evt_gone", null],
    ]);
  });

  it("counts it off at each provider that knew it", async () => {
    const { contactId } = await somebody();
    await addContact(scene.store, tenantId, { known: [["stripe", "cus_other", "stripe"]] });
    await eraseContact(scene.store, tenantId, contactId);
    const health = await readHealth(scene.store, tenantId, ["stripe", "clerk", "polar"]);
    expect([...health].map(([provider, { contacts }]) => [provider, contacts])).toEqual([["stripe", 1], ["clerk", 0], ["polar", 0]]);
  });

  it("works by the id of a contact that was merged into it", async () => {
    const { contactId, merged } = await somebody();
    expect(await eraseContact(scene.store, tenantId, merged)).toBe(true);
    expect(await findContact(scene.store, tenantId, contactId)).toBeNull();
    expect(await findContact(scene.store, tenantId, merged)).toBeNull();
  });

  it("keeps the history of an object that another contact has events of", async () => {
    const { contactId, eventId } = await somebody();
    await saveHistory("subscription:sub_gone", { started: eventId ?? "", canceled: "of somebody else" });
    await eraseContact(scene.store, tenantId, contactId);
    expect(await subjects()).toEqual([{ subject: "subscription:sub_gone", firsts: { canceled: "of somebody else" } }]);
  });

  it("happens once, also where two ask at once", async () => {
    const { contactId } = await somebody();
    const both = await Promise.all([1, 2].map(() => eraseContact(scene.store, tenantId, contactId)));
    expect(both.sort()).toEqual([false, true]);
    expect((await readHealth(scene.store, tenantId, ["stripe"])).get("stripe")?.contacts).toBe(0);
  });

  it.each(["", "nul\0", "00000000-0000-0000-0000-000000000000"])("finds nobody by %j", async (id) => {
    expect(await eraseContact(scene.store, tenantId, id)).toBe(false);
  });

  it("is for its own tenant alone", async () => {
    const { contactId } = await somebody();
    expect(await eraseContact(scene.store, "acme", contactId)).toBe(false);
    expect(await findContact(scene.store, tenantId, contactId)).not.toBeNull();
  });
});
