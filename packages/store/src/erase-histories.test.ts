import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { namesIn } from "../test/names-in.ts";
import { addContact, addEvents, addTenant, openScene } from "../test/scene.ts";
import { eraseContact } from "./erase.ts";
import { listEvents } from "./events.ts";
import { openStore } from "./open-store.ts";
import { saveSubjects } from "./record/save-events.ts";
import { withStreams } from "./record/stream.ts";

const SUBJECT = "subscription:sub_1";

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let gone: string;
let other: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
  gone = await addContact(scene.store, tenantId, { known: [["stripe", "cus_gone", "stripe"]] });
  other = await addContact(scene.store, tenantId, { known: [["stripe", "cus_other", "stripe"]] });
});

async function saveHistory(subject: string, firsts: Record<string, string>, via: string | null = null): Promise<void> {
  await withStreams(scene.store.pool, [tenantId], (transaction) =>
    saveSubjects(transaction, [{ tenantId, provider: "stripe", subject, history: { state: "active" }, firsts, via }]),
  );
}

async function addEvent(contactId: string, repeatOf: string | null = null): Promise<string> {
  const signup = repeatOf === null;
  const [id = ""] = await addEvents(scene.store, tenantId, [{ contactId, subject: SUBJECT, repeatOf, signup }]);
  return id;
}

async function erase(): Promise<void> {
  await eraseContact(scene.store, tenantId, gone, namesIn);
}

async function histories(): Promise<unknown[]> {
  const { rows } = await scene.store.pool.query("SELECT subject, firsts FROM subjects WHERE tenant_id = $1 ORDER BY 1", [tenantId]);
  return rows;
}

async function events() {
  const { items } = await listEvents(scene.store, tenantId);
  return items.map(({ id, repeatOf, signup }) => ({ id, repeatOf, signup }));
}

describe("the histories of an erased contact's objects", () => {
  it("go with the last of its events", async () => {
    const first = await addEvent(gone);
    await saveHistory(SUBJECT, { started: first });
    await erase();
    expect(await histories()).toEqual([]);
  });

  it("go where no event ever came of an object", async () => {
    await saveHistory("invoice:in_gone", {}, "stripe:cus_gone");
    await saveHistory("invoice:in_other", {}, "stripe:cus_other");
    await erase();
    expect(await histories()).toEqual([{ subject: "invoice:in_other", firsts: {} }]);
  });

  it("stay where another contact has events of the object", async () => {
    const [first, theirs] = [await addEvent(gone), await addEvent(other)];
    await saveHistory(SUBJECT, { started: first, canceled: theirs });
    await erase();
    expect(await histories()).toEqual([{ subject: SUBJECT, firsts: { canceled: theirs } }]);
  });

  it("have the earliest repeat of somebody else stand for a first event that went, so that it does not begin again", async () => {
    const first = await addEvent(gone);
    const [own, second, third] = [await addEvent(gone, first), await addEvent(other, first), await addEvent(other, first)];
    await saveHistory(SUBJECT, { started: first });
    await erase();
    expect(await histories()).toEqual([{ subject: SUBJECT, firsts: { started: second } }]);
    expect(await events()).toEqual([
      { id: second, repeatOf: null, signup: true },
      { id: third, repeatOf: second, signup: false },
    ]);
    expect([first, own]).not.toContain(second);
  });

  it("leave a first event of somebody else what it is", async () => {
    const first = await addEvent(other);
    const [, second] = [await addEvent(gone, first), await addEvent(other, first)];
    await saveHistory(SUBJECT, { started: first });
    await erase();
    expect(await histories()).toEqual([{ subject: SUBJECT, firsts: { started: first } }]);
    expect(await events()).toEqual([{ id: first, repeatOf: null, signup: true }, { id: second, repeatOf: first, signup: false }]);
  });

  it("go as quickly where there are thousands", async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => ({ contactId: gone, subject: `invoice:in_${i}` }));
    const ids = await addEvents(scene.store, tenantId, many);
    await withStreams(scene.store.pool, [tenantId], (transaction) =>
      saveSubjects(transaction, many.map(({ subject }, i) => (
        { tenantId, provider: "stripe", subject, history: null, firsts: { purchase: ids[i] ?? "" }, via: null }
      ))),
    );
    const impatient = openStore({ databaseUrl: scene.url, keyring: scene.store.keyring, queryTimeout: 4_000 });
    try {
      expect(await eraseContact(impatient, tenantId, gone, namesIn)).toBe(true);
    } finally {
      await impatient.close();
    }
    expect(await histories()).toEqual([]);
  });
});
