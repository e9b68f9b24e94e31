import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { saveMerges, withStreams } from "@mara/store";
import { v7 as uuid } from "uuid";
import { idsOf, listOf, openConsole, type OpenConsole } from "../../test/open-console.ts";
import { seedContact, seedEvents } from "../../test/seed.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

async function ids(path: string): Promise<string[]> {
  return listOf(await console.ask("GET", path)).items.map((item) => item.id);
}

describe("GET contacts", () => {
  it("shows a contact in full", async () => {
    const { id } = await console.tenant();
    const contact = await seedContact(console.backing.store, id, {
      email: "ada@example.com",
      name: "Ada",
      identities: [{ provider: "stripe", externalId: "cus_1" }, { provider: "clerk", externalId: "user_1" }],
      attributes: { plan: "pro", seats: 3, beta: true },
    });
    const full = {
      id: contact,
      email: "ada@example.com",
      name: "Ada",
      username: null,
      avatarUrl: null,
      attributes: { plan: "pro", seats: 3, beta: true },
      identities: [{ provider: "clerk", externalId: "user_1" }, { provider: "stripe", externalId: "cus_1" }],
      deactivatedAt: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    };
    expect((await console.ask("GET", `/api/tenants/${id}/contacts`)).body).toEqual({ items: [full], nextCursor: null });
    expect((await console.ask("GET", `/api/tenants/${id}/contacts/${contact}`)).body).toEqual(full);
  });

  it("finds by email in any case, by provider, and by a provider's id", async () => {
    const { id } = await console.tenant();
    const ada = await seedContact(console.backing.store, id, {
      email: "ada@example.com",
      identities: [{ provider: "stripe", externalId: "cus_ada" }],
    });
    const bob = await seedContact(console.backing.store, id, {
      email: "bob@example.com",
      identities: [{ provider: "clerk", externalId: "user_bob" }],
    });
    const path = `/api/tenants/${id}/contacts`;
    expect(await ids(`${path}?email=ADA%40example.com`)).toEqual([ada]);
    expect(await ids(`${path}?provider=clerk`)).toEqual([bob]);
    expect(await ids(`${path}?provider=stripe&externalId=cus_ada`)).toEqual([ada]);
    expect(await ids(`${path}?externalId=user_bob`)).toEqual([bob]);
    expect(await ids(`${path}?provider=polar&externalId=cus_ada`)).toEqual([]);
    expect(await ids(`${path}?email=bob%40example.com&externalId=cus_ada`)).toEqual([]);
    expect(await ids(`${path}?email=nobody%40example.com`)).toEqual([]);
    expect(await ids(`${path}?email=&provider=&externalId=`)).toEqual([bob, ada]);
  });

  it("takes a provider's id to the letter, with the spaces around it", async () => {
    const { id } = await console.tenant();
    const contact = await seedContact(console.backing.store, id, {
      email: "team@example.com",
      identities: [{ provider: "app", externalId: " team 1 " }],
    });
    const path = `/api/tenants/${id}/contacts`;
    expect(await ids(`${path}?externalId=%20team%201%20`)).toEqual([contact]);
    expect(await ids(`${path}?externalId=team%201`)).toEqual([]);
    expect(await ids(`${path}?externalId=team%40example.com`)).toEqual([]);
  });

  it("shows each once over all pages, also while new ones come", async () => {
    const { id } = await console.tenant();
    const seeded = [];
    for (let i = 0; i < 7; i++) seeded.push(await seedContact(console.backing.store, id));
    const seen = await idsOf(console, `/api/tenants/${id}/contacts`, 3, () => seedContact(console.backing.store, id));
    expect(seen).toEqual(seeded.toReversed());
  });

  it("shows nothing of another tenant", async () => {
    const [mine, theirs] = [await console.tenant(), await console.tenant()];
    const contact = await seedContact(console.backing.store, theirs.id, { email: "x@example.com" });
    expect(await ids(`/api/tenants/${mine.id}/contacts?email=x%40example.com`)).toEqual([]);
    expect((await console.ask("GET", `/api/tenants/${mine.id}/contacts/${contact}`)).status).toBe(404);
    expect((await console.ask("DELETE", `/api/tenants/${mine.id}/contacts/${contact}`)).status).toBe(404);
    expect((await console.ask("GET", `/api/tenants/${theirs.id}/contacts/${contact}`)).status).toBe(200);
  });

  it("still finds one that was merged away, as the one it went into", async () => {
    const { id } = await console.tenant();
    const [from, into] = [await seedContact(console.backing.store, id), await seedContact(console.backing.store, id)];
    await withStreams(console.backing.store.pool, [id], (client) => saveMerges(client, [{ tenantId: id, from, into }]));
    expect((await console.ask("GET", `/api/tenants/${id}/contacts/${from}`)).body).toMatchObject({ id: into });
  });
});

describe("DELETE a contact", () => {
  it("erases it with its events, once", async () => {
    const { id } = await console.tenant();
    const contact = await seedContact(console.backing.store, id, { email: "gone@example.com" });
    const kept = await seedContact(console.backing.store, id, { email: "kept@example.com" });
    await seedEvents(console.backing.store, id, [{ contactId: contact }, { contactId: kept }]);
    const first = await console.ask("DELETE", `/api/tenants/${id}/contacts/${contact}`);
    const second = await console.ask("DELETE", `/api/tenants/${id}/contacts/${contact}`);
    expect([first.status, first.text, second.status]).toEqual([204, "", 404]);
    expect(await ids(`/api/tenants/${id}/contacts`)).toEqual([kept]);
    const events = listOf(await console.ask("GET", `/api/tenants/${id}/events`)).items;
    expect(events.map((event) => event.contactId)).toEqual([kept]);
  });

  it.each([uuid(), "not-an-id", "%00", "..%2f", "0".repeat(5_000)])("is not found by an id that names nobody: %.40s", async (contact) => {
    const { id } = await console.tenant();
    const { status, body } = await console.ask("DELETE", `/api/tenants/${id}/contacts/${contact}`);
    expect([status, body]).toEqual([404, { error: "not_found" }]);
  });
});
