import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { idsOf, listOf, openConsole, type OpenConsole } from "../../test/open-console.ts";
import { seedContact, seedEvents } from "../../test/seed.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

describe("GET events", () => {
  it("shows an event in full", async () => {
    const { id } = await console.tenant();
    const contactId = await seedContact(console.backing.store, id);
    const [event] = await seedEvents(console.backing.store, id, [{ contactId }]);
    const { body } = await console.ask("GET", `/api/tenants/${id}/events`);
    expect(body).toEqual({
      items: [
        {
          id: event,
          type: "purchase",
          provider: "stripe",
          providerEventId: `evt_${event}`,
          providerEventType: "checkout.session.completed",
          contactId,
          signup: false,
          repeatOf: null,
          occurredAt: "2026-11-24T12:00:00.000Z",
          recordedAt: "2026-11-24T12:00:00.000Z",
          data: { amount: 4_900, currency: "usd" },
        },
      ],
      nextCursor: null,
      resumeCursor: expect.any(String),
    });
  });

  it("has them in the order recorded, misses none and repeats none, also while new ones arrive", async () => {
    const { id } = await console.tenant();
    const seeded = await seedEvents(console.backing.store, id, Array(11).fill({}));
    let more = 3;
    const seen = await idsOf(console, `/api/tenants/${id}/events`, 4, async () => {
      if (more-- > 0) seeded.push(...(await seedEvents(console.backing.store, id, [{}, {}])));
    });
    expect(seen).toEqual(seeded);
  });

  it("goes on where a follower left off, once there is more", async () => {
    const { id } = await console.tenant();
    await seedEvents(console.backing.store, id, [{}, {}]);
    const path = `/api/tenants/${id}/events`;
    const { body } = await console.ask("GET", path);
    const { resumeCursor } = z.object({ resumeCursor: z.string() }).parse(body);
    const later = await seedEvents(console.backing.store, id, [{}, {}]);
    const page = listOf(await console.ask("GET", `${path}?cursor=${resumeCursor}`));
    expect(page.items.map((item) => item.id)).toEqual(later);
  });

  it("filters by type, provider and contact", async () => {
    const { id } = await console.tenant();
    const contactId = await seedContact(console.backing.store, id);
    const [first, second, third] = await seedEvents(console.backing.store, id, [
      { type: "purchase", provider: "stripe", contactId },
      { type: "purchase", provider: "polar" },
      { type: "refund-issued", provider: "polar", contactId },
    ]);
    const ids = async (query: string) =>
      listOf(await console.ask("GET", `/api/tenants/${id}/events?${query}`)).items.map((item) => item.id);
    expect(await ids("type=purchase")).toEqual([first, second]);
    expect(await ids("provider=polar")).toEqual([second, third]);
    expect(await ids(`contactId=${contactId}`)).toEqual([first, third]);
    expect(await ids(`contactId=${contactId}&type=purchase&provider=polar`)).toEqual([]);
    expect(await ids("type=user.deleted")).toEqual([]);
    expect(await ids("contactId=00000000-0000-7000-8000-000000000000")).toEqual([]);
  });

  it("shows nothing of another tenant, also with that tenant's cursor", async () => {
    const [mine, theirs] = [await console.tenant(), await console.tenant()];
    await seedEvents(console.backing.store, theirs.id, [{}, {}, {}]);
    const own = await seedEvents(console.backing.store, mine.id, [{}, {}]);
    const { nextCursor } = listOf(await console.ask("GET", `/api/tenants/${theirs.id}/events?limit=1`));
    const page = listOf(await console.ask("GET", `/api/tenants/${mine.id}/events?cursor=${nextCursor}`));
    expect(page.items.map((item) => item.id)).toEqual(own.slice(1));
  });
});
