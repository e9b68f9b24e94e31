import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { namesIn } from "../test/names-in.ts";
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

function erase(contactId: string): Promise<boolean> {
  return eraseContact(scene.store, tenantId, contactId, namesIn);
}

async function erasedKeys(): Promise<string[]> {
  const { rows } = await scene.store.pool.query<{ key: string }>(
    "SELECT event_key AS key FROM erased_events WHERE tenant_id = $1 ORDER BY event_key",
    [tenantId],
  );
  return rows.map(({ key }) => key);
}

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
    const history = { tenantId, provider: "stripe", history: { state: "active" } } as const;
    await withStreams(scene.store.pool, [tenantId], (transaction) =>
      saveSubjects(transaction, [
        { ...history, subject: "subscription:sub_gone", firsts: { started: eventId ?? "" }, via: null },
        { ...history, subject: "invoice:in_gone", firsts: {}, via: "stripe:cus_gone" },
      ]),
    );
    const before = await everything();
    const strings = ["forgotten", "Gone", "gonzo", "cus_gone", "user_gone", "sub_gone", "in_gone", contactId];
    for (const text of strings) expect(before).toContain(text);

    expect(await erase(contactId)).toBe(true);

    const after = await everything();
    for (const text of strings) expect(after).not.toContain(text);
  });

  it("leaves everybody else alone", async () => {
    const { contactId } = await somebody();
    const other = await addContact(scene.store, tenantId, { email: "other@x.test", known: [["stripe", "cus_other", "stripe"]] });
    const [event] = await addEvents(scene.store, tenantId, [{ contactId: other }]);
    const kept = await addDelivery(scene.store, tenantId, { contactId: other, body: '{"customer":"cus_other"}' });
    const failed = await addDelivery(scene.store, tenantId, { outcome: "failed", body: '{"customer":"cus_other","n":7}' });
    await erase(contactId);
    expect(await findContact(scene.store, tenantId, other)).toMatchObject({ email: "other@x.test" });
    expect((await listEvents(scene.store, tenantId)).items.map(({ id }) => id)).toEqual([event]);
    expect(await findDelivery(scene.store, tenantId, kept)).toMatchObject({ contactId: other, body: '{"customer":"cus_other"}' });
    expect((await findDelivery(scene.store, tenantId, failed))?.body).toContain("cus_other");
  });

  it("keeps the deliveries listed, without saying whom they were about", async () => {
    const { contactId, recorded, failed } = await somebody();
    await erase(contactId);
    expect(await findDelivery(scene.store, tenantId, recorded)).toMatchObject({
      outcome: "processed", reason: "the contact that it was about was erased", contactId: null, eventId: null, body: null,
    });
    expect(await findDelivery(scene.store, tenantId, failed)).toMatchObject({ outcome: "failed", reason: "the invoice has no id" });
  });

  it("remembers its provider events, so that none of them brings it back", async () => {
    const { contactId } = await somebody();
    const testId = await addDelivery(scene.store, tenantId, { contactId, providerEventId: "evt_000", dedupe: false });
    await erase(contactId);
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

  it("takes no other delivery along that has a test event's id, which many share", async () => {
    const [gone, other] = [await addContact(scene.store, tenantId), await addContact(scene.store, tenantId)];
    const ofTest = async (contactId: string) => {
      const id = await addDelivery(scene.store, tenantId, { providerEventId: "evt_000", dedupe: false });
      const [eventId = null] = await addEvents(scene.store, tenantId, [{ contactId, providerEventId: "evt_000", eventKey: `evt_000#${id}` }]);
      await scene.store.pool.query("UPDATE deliveries SET event_id = $1 WHERE tenant_id = $2 AND id = $3", [eventId, tenantId, id]);
      return { id, eventId };
    };
    const [theirs, others] = [await ofTest(gone), await ofTest(other)];
    await erase(gone);
    expect(await findDelivery(scene.store, tenantId, theirs.id)).toMatchObject({ eventId: null, body: null });
    expect(await findDelivery(scene.store, tenantId, others.id)).toMatchObject({ eventId: others.eventId, body: "{}" });
    expect(await erasedKeys()).toEqual([`evt_000#${theirs.id}`]);
  });

  it("counts it off at each provider that knew it", async () => {
    const { contactId } = await somebody();
    await addContact(scene.store, tenantId, { known: [["stripe", "cus_other", "stripe"]] });
    await erase(contactId);
    const health = await readHealth(scene.store, tenantId, ["stripe", "clerk", "polar"]);
    expect([...health].map(([provider, { contacts }]) => [provider, contacts])).toEqual([["stripe", 1], ["clerk", 0], ["polar", 0]]);
  });

  it("works by the id of a contact that was merged into it", async () => {
    const { contactId, merged } = await somebody();
    expect(await erase(merged)).toBe(true);
    expect(await findContact(scene.store, tenantId, contactId)).toBeNull();
    expect(await findContact(scene.store, tenantId, merged)).toBeNull();
  });

  it("happens once, also where two ask at once", async () => {
    const { contactId } = await somebody();
    const both = await Promise.all([1, 2].map(() => erase(contactId)));
    expect(both.sort()).toEqual([false, true]);
    expect((await readHealth(scene.store, tenantId, ["stripe"])).get("stripe")?.contacts).toBe(0);
  });

  it.each(["", "nul\0", "00000000-0000-0000-0000-000000000000"])("finds nobody by %j", async (id) => {
    expect(await erase(id)).toBe(false);
  });

  it("is for its own tenant alone", async () => {
    const { contactId } = await somebody();
    expect(await eraseContact(scene.store, "acme", contactId, namesIn)).toBe(false);
    expect(await findContact(scene.store, tenantId, contactId)).not.toBeNull();
  });
});
