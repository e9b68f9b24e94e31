import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readWhileMerged } from "../test/meanwhile.ts";
import { addContact, addTenant, NOW, openScene } from "../test/scene.ts";
import type { ContactFilter } from "./contact-search.ts";
import { contactNames, findContact, listContacts, loadContactIdentities } from "./contacts.ts";
import { InvalidInput } from "./invalid-input.ts";
import { saveMerges } from "./record/save-contacts.ts";
import { withStreams } from "./record/stream.ts";

let scene: Awaited<ReturnType<typeof openScene>>;
let ada: string;
let bob: string;
let eve: string;

beforeAll(async () => {
  scene = await openScene();
  ada = await addContact(scene.store, "acme", {
    email: "Ada@Example.com",
    name: "Ada",
    attributes: { plan: "pro", seats: 3, vip: true },
    known: [["stripe", "cus_1", "stripe"], ["stripe", "cus_2", "stripe"], ["app", "user_1", "clerk"], ["app", "77", "app"]],
  });
  bob = await addContact(scene.store, "acme", {
    email: "bob@example.com",
    known: [["polar", "pol_1", "polar"], ["app", " team 1 ", "app"]],
  });
  eve = await addContact(scene.store, "acme", { known: [["stripe", "cus_3", "stripe"], ["app", "eve@app.test", "app"]] });
  await addTenant(scene.store, "other");
  await addContact(scene.store, "other", { email: "ada@example.com", known: [["stripe", "cus_1", "stripe"]] });
});
afterAll(() => scene.close());

async function idsOf(filter: ContactFilter): Promise<string[]> {
  return (await listContacts(scene.store, "acme", filter)).items.map(({ id }) => id);
}

describe("a contact", () => {
  it("shows what is known of it, and the ids it is known by", async () => {
    expect(await findContact(scene.store, "acme", ada)).toEqual({
      id: ada,
      email: "Ada@Example.com",
      name: "Ada",
      username: null,
      avatarUrl: null,
      attributes: { plan: "pro", seats: 3, vip: true },
      identities: [
        { provider: "app", externalId: "77" },
        { provider: "clerk", externalId: "user_1" },
        { provider: "stripe", externalId: "cus_1" },
        { provider: "stripe", externalId: "cus_2" },
      ],
      deactivatedAt: null,
      createdAt: NOW,
      updatedAt: NOW,
    });
  });

  it("is found by the id of one that was merged into it", async () => {
    const old = await addContact(scene.store, "acme");
    await withStreams(scene.store.pool, ["acme"], (transaction) =>
      saveMerges(transaction, [{ tenantId: "acme", from: old, into: eve }]),
    );
    expect(await findContact(scene.store, "acme", old)).toMatchObject({ id: eve });
  });

  it("is found whole while it is merged into another", async () => {
    await addTenant(scene.store, "merging");
    const into = await addContact(scene.store, "merging", { known: [["stripe", "cus_1", "stripe"]] });
    const from = await addContact(scene.store, "merging", { known: [["polar", "pol_1", "polar"]] });
    const read = () => findContact(scene.store, "merging", from);
    expect(await readWhileMerged(scene.store, "contacts", { tenantId: "merging", from, into }, read)).toMatchObject({
      id: into,
      identities: [{ provider: "polar", externalId: "pol_1" }, { provider: "stripe", externalId: "cus_1" }],
    });
  });

  it("is nobody's but its tenant's", async () => {
    expect(await findContact(scene.store, "other", ada)).toBeNull();
  });

  it.each(["", "1", "00000000-0000-0000-0000-000000000000", "' OR 1=1", "nul\0"])("is not found by %j", async (id) => {
    expect(await findContact(scene.store, "acme", id)).toBeNull();
  });

  it("gives all its identities, with what each was told", async () => {
    const identities = await loadContactIdentities(scene.store, "acme", ada);
    expect(identities.map(({ space, externalId }) => `${space}:${externalId}`)).toEqual([
      "app:77", "app:user_1", "email:ada@example.com", "stripe:cus_1", "stripe:cus_2",
    ]);
    expect(identities[0]?.facts).toEqual({ name: ["Ada", NOW, NOW] });
  });
});

describe("the list of contacts", () => {
  const cases: [string, ContactFilter, () => string[]][] = [
    ["everybody, the newest first", {}, () => [eve, bob, ada]],
    ["whom an e-mail belongs to, in any case", { email: " ADA@example.COM " }, () => [ada]],
    ["whom a provider's id belongs to", { provider: "stripe", externalId: "cus_2" }, () => [ada]],
    ["whom a Clerk id belongs to", { provider: "clerk", externalId: "user_1" }, () => [ada]],
    ["whom an id of the tenant's own belongs to", { provider: "app", externalId: "77" }, () => [ada]],
    ["whom an id belongs to, whoever's it is", { externalId: "pol_1" }, () => [bob]],
    ["nobody for an id of another provider", { provider: "polar", externalId: "cus_1" }, () => []],
    ["whom a provider knows, each once", { provider: "stripe" }, () => [eve, ada]],
    ["who passes every filter", { email: "ada@example.com", provider: "stripe", externalId: "cus_1" }, () => [ada]],
    ["nobody who passes only one", { email: "bob@example.com", externalId: "cus_1" }, () => []],
    ["whom a provider knows by an e-mail", { email: "ada@example.com", provider: "stripe" }, () => [ada]],
    ["nobody whom the provider does not know", { email: "bob@example.com", provider: "stripe" }, () => []],
    ["nobody for an e-mail in the place of an id", { externalId: "ada@example.com" }, () => []],
    ["whom an id of the tenant's own belongs to that looks like an e-mail", { externalId: "eve@app.test" }, () => [eve]],
    ["whom an id belongs to that has spaces around it", { externalId: " team 1 " }, () => [bob]],
    ["nobody for such an id without its spaces", { externalId: "team 1" }, () => []],
    ["nobody for what Postgres can't hold", { email: "nul\0" }, () => []],
  ];
  it.each(cases)("shows %s", async (_name, filter, expected) => {
    expect(await idsOf(filter)).toEqual(expected());
  });

  it.each<[string, ContactFilter]>([["all", {}], ["those of one provider", { provider: "stripe" }]])(
    "pages through %s, each once",
    async (_name, filter) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await listContacts(scene.store, "acme", { ...filter, limit: 1, cursor });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(await idsOf(filter));
    },
  );

  it("refuses another list's cursor", async () => {
    const cursor = Buffer.from(`deliveries ${ada}`).toString("base64url");
    await expect(listContacts(scene.store, "acme", { cursor })).rejects.toThrow(InvalidInput);
  });
});

describe("the list of contacts, while one is merged away,", () => {
  let tenantId: string;
  let ids: string[];
  let tenants = 0;

  beforeEach(async () => {
    tenantId = `merging-${++tenants}`;
    await addTenant(scene.store, tenantId);
    ids = [];
    for (let i = 0; i < 5; i++) {
      ids.unshift(await addContact(scene.store, tenantId, { email: `${i}@x.test`, known: [["stripe", `cus_${i}`, "stripe"]] }));
    }
  });

  /** Reads a page while the second newest is merged into the oldest. */
  function page(request: ContactFilter & { limit?: number }) {
    const [, from = "", , , into = ""] = ids;
    return readWhileMerged(scene.store, "contacts", { tenantId, from, into }, () => listContacts(scene.store, tenantId, request));
  }

  it("goes on to everybody whom a provider knows", async () => {
    const first = await page({ provider: "stripe", limit: 2 });
    const rest = await listContacts(scene.store, tenantId, { provider: "stripe", cursor: first.nextCursor });
    expect(first.items).toHaveLength(2);
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids.filter((_id, place) => place !== 1));
  });

  it.each<[string, ContactFilter]>([
    ["e-mail", { email: "3@x.test" }],
    ["id", { externalId: "cus_3" }],
    ["e-mail, to a provider,", { email: "3@x.test", provider: "stripe" }],
  ])("shows by its %s the one that it went into", async (_name, filter) => {
    expect((await page(filter)).items.map(({ id }) => id)).toEqual(ids.slice(4));
  });
});

describe("the names of contacts", () => {
  it("are those of the tenant's own contacts, as far as there are any", async () => {
    const names = await contactNames(scene.store, "acme", [ada, ada, eve, "0199b1f0-0000-7000-8000-000000000001"]);
    expect([...names.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: ada, email: "Ada@Example.com", name: "Ada", username: null },
      { id: eve, email: null, name: null, username: null },
    ]);
    expect(await contactNames(scene.store, "other", [ada])).toEqual(new Map());
    expect(await contactNames(scene.store, "acme", [])).toEqual(new Map());
  });
});
