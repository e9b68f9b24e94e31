import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { z } from "zod";
import { namesIn } from "../test/names-in.ts";
import { addContact, addDelivery, addEvents, addTenant, openScene } from "../test/scene.ts";
import { findDelivery } from "./deliveries.ts";
import { eraseContact } from "./erase.ts";
import type { DeliveryRow } from "./record/rows.ts";
import { Transaction } from "./record/transaction.ts";

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

type Known = readonly (readonly [space: string, externalId: string, provider: string])[];

function know(...known: Known): Promise<string> {
  return addContact(scene.store, tenantId, { known });
}

function fail(body: object | string, given: Partial<DeliveryRow> = {}): Promise<string> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return addDelivery(scene.store, tenantId, { outcome: "failed", reason: "given up", body: text, ...given });
}

async function erase(contactId: string): Promise<void> {
  expect(await eraseContact(scene.store, tenantId, contactId, namesIn)).toBe(true);
}

async function hasBody(id: string): Promise<boolean> {
  return (await findDelivery(scene.store, tenantId, id))?.body !== null;
}

async function erasedKeys(): Promise<string[]> {
  const { rows } = await scene.store.pool.query<{ key: string }>(
    "SELECT event_key AS key FROM erased_events WHERE tenant_id = $1 ORDER BY event_key",
    [tenantId],
  );
  return rows.map(({ key }) => key);
}

const ANN: Known = [["stripe", "cus_ann", "stripe"], ["email", "ann@gmail.com", "email"]];

const MEGABYTE = 2 ** 20;

/** What the database answers with bodies in it. */
const page = z.object({ rows: z.array(z.object({ body: z.string() })).min(1) });

describe("the failed deliveries of an erased contact", () => {
  it.each([
    ["an id", { customer: "cus_ann" }],
    ["an address", { email: "ann@gmail.com" }],
    ["an address in capitals", { email: "ANN@Gmail.com" }],
  ])("lose their bodies where they name %s of it", async (_what, body) => {
    const ann = await know(...ANN);
    const id = await fail(body);
    await erase(ann);
    expect(await hasBody(id)).toBe(false);
    expect(await findDelivery(scene.store, tenantId, id)).toMatchObject({ outcome: "failed", reason: "given up" });
  });

  it.each([
    ["an address that ends alike", { email: "joann@gmail.com", customer: "cus_jo" }],
    ["a word that is its id", { customer: "cus_jo", currency: "cus_ann" }],
    ["an id that begins alike", { customer: "cus_ann2" }],
  ])("are not those of a stranger with %s", async (_what, body) => {
    const ann = await know(...ANN);
    const id = await fail(body);
    await erase(ann);
    expect(await hasBody(id)).toBe(true);
    expect(await erasedKeys()).toEqual([]);
  });

  it("are found however the address is written: escaped, or in capitals beyond ASCII's", async () => {
    const contactId = await know(["email", "jürgen@x.io", "email"]);
    const ids = [
      await fail({ email: "JÜRGEN@X.IO" }),
      await fail('{"email":"j\\u00fcrgen@x.io"}'),
      await fail('{"email":"\\u004a\\u00dcRGEN@x.io"}'),
    ];
    await erase(contactId);
    expect(await Promise.all(ids.map(hasBody))).toEqual([false, false, false]);
  });

  it("are found in any number", async () => {
    const ann = await know(...ANN);
    const ids: string[] = [];
    for (let i = 0; i < 250; i++) ids.push(await fail(i % 3 === 0 ? { customer: "cus_ann" } : { customer: `cus_${i}` }));
    await erase(ann);
    expect(await Promise.all(ids.map(hasBody))).toEqual(ids.map((_, i) => i % 3 !== 0));
  });

  it("are read one in a turn of the event loop, so that everybody else is served in between", async () => {
    const ann = await know(...ANN);
    for (let i = 0; i < 60; i++) await fail({ customer: `cus_${i}` });
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    const readIn: number[] = [];
    await eraseContact(scene.store, tenantId, ann, (delivery) => {
      readIn.push(turns);
      return namesIn(delivery);
    });
    clearImmediate(next);
    expect([readIn.length, new Set(readIn).size]).toEqual([60, 60]);
  });

  it("are found among large ones, of which never more than a few are in memory", async () => {
    const ann = await know(...ANN);
    const ids: string[] = [];
    const note = "n".repeat(MEGABYTE);
    for (let i = 0; i < 12; i++) ids.push(await fail({ customer: i % 3 === 0 ? "cus_ann" : `cus_${i}`, note }));
    const asked = jest.spyOn(Transaction.prototype, "query");
    await erase(ann);
    const answers = await Promise.all(asked.mock.results.map(({ value }) => value));
    asked.mockRestore();
    const sizes = answers.flatMap((answer) => page.safeParse(answer).data?.rows.reduce((sum, { body }) => sum + body.length, 0) ?? []);
    expect(Math.max(...sizes)).toBeGreaterThan(MEGABYTE);
    expect(Math.max(...sizes)).toBeLessThan(5 * MEGABYTE);
    expect(await Promise.all(ids.map(hasBody))).toEqual(ids.map((_, i) => i % 3 !== 0));
  });

  it("are remembered by their event ids, so that none of them brings it back", async () => {
    const ann = await know(...ANN);
    await fail({ customer: "cus_ann" }, { providerEventId: "evt_failed" });
    const ofTest = await fail({ customer: "cus_ann" }, { providerEventId: "evt_000", dedupe: false });
    await erase(ann);
    expect(await erasedKeys()).toEqual([`evt_000#${ofTest}`, "evt_failed"]);
  });

  it("leave an event alone that is recorded for somebody else", async () => {
    const [ann, other] = [await know(...ANN), await know()];
    await addEvents(scene.store, tenantId, [{ contactId: other, providerEventId: "evt_1" }]);
    const id = await fail({ customer: "cus_ann" }, { providerEventId: "evt_1" });
    await erase(ann);
    expect(await hasBody(id)).toBe(false);
    expect(await erasedKeys()).toEqual([]);
  });

  it("are another contact's where they name an id of it, whatever the address", async () => {
    const ann = await know(...ANN);
    await know(["stripe", "cus_org", "stripe"]);
    const id = await fail({ customer: "cus_org", email: "ann@gmail.com" });
    await erase(ann);
    expect(await hasBody(id)).toBe(true);
  });

  it("follow the closest of their ids: a customer may pay for several people", async () => {
    const contactId = await know(["app", "user_1", "app"], ["stripe", "cus_org", "stripe"]);
    await know(["app", "user_2", "app"]);
    const [others, own] = [await fail({ user: "user_2", customer: "cus_org" }), await fail({ user: "user_new", customer: "cus_org" })];
    await erase(contactId);
    expect([await hasBody(others), await hasBody(own)]).toEqual([true, false]);
  });

  it("are not its own by an address that it only claims", async () => {
    const contactId = await know(["app", "user_1", "clerk"], ["email", "bob@x.io", "email"]);
    await scene.store.pool.query(
      `UPDATE identities SET facts = '{"unverified": [1, 1]}' WHERE tenant_id = $1 AND space = 'email'`,
      [tenantId],
    );
    const id = await fail({ customer: "cus_bob", email: "bob@x.io" });
    await erase(contactId);
    expect(await hasBody(id)).toBe(true);
  });

  it("are its own where the id beside its address is nobody's yet", async () => {
    const ann = await know(...ANN);
    const id = await fail({ customer: "cus_new", email: "ann@gmail.com" });
    await erase(ann);
    expect(await hasBody(id)).toBe(false);
  });

  it("are another Clerk user's where they share an address", async () => {
    const contactId = await know(["app", "user_1", "clerk"], ["email", "ann@gmail.com", "email"]);
    await know(["app", "user_3", "clerk"]);
    const id = await fail({ user: "user_2", email: "ann@gmail.com" }, { provider: "clerk" });
    await erase(contactId);
    expect(await hasBody(id)).toBe(true);
  });

  it("are a Clerk user's own by its address where nobody could read whose they are", async () => {
    const contactId = await know(["app", "user_1", "clerk"], ["email", "ann@gmail.com", "email"]);
    const id = await fail({ broken: true, email: "ann@gmail.com" }, { provider: "clerk" });
    await erase(contactId);
    expect(await hasBody(id)).toBe(false);
  });

  it("are of its own tenant alone", async () => {
    const ann = await know(...ANN);
    const id = await fail({ customer: "cus_ann" }, { tenantId: "acme" });
    await erase(ann);
    expect((await findDelivery(scene.store, "acme", id))?.body).toContain("cus_ann");
  });
});
