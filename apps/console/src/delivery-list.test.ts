import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Desk } from "@mara/queue";
import { deliveryPage } from "./delivery-list.ts";
import { idsOf, listOf, openConsole, type OpenConsole } from "../test/open-console.ts";
import { enqueue } from "../test/pending.ts";
import { seedDelivery, seedRejection } from "../test/seed.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

async function outcomes(path: string): Promise<unknown[][]> {
  return listOf(await console.ask("GET", path)).items.map((item) => [item.id, item.outcome]);
}

describe("the list of deliveries", () => {
  it("shows what waits, what is done and what was turned away as one list, newest first", async () => {
    const { id } = await console.tenant();
    const { store } = console.backing;
    const done = await seedDelivery(store, id);
    const [waiting] = await enqueue(console, id, [{}]);
    const rejected = await seedRejection(store, id, "clerk", "mismatch");
    const failed = await seedDelivery(store, id, { outcome: "failed", reason: "the subscription has no id" });
    const { body } = await console.ask("GET", `/api/tenants/${id}/deliveries`);
    const rest = { eventId: null, contactId: null };
    const stripe = { provider: "stripe", providerEventId: expect.stringMatching(/^evt_/), providerEventType: "invoice.payment_failed" };
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(body).toEqual({
      items: [
        { id: failed, ...stripe, outcome: "failed", reason: "the subscription has no id", receivedAt: time, processedAt: time, ...rest },
        {
          id: rejected,
          provider: "clerk",
          providerEventId: null,
          providerEventType: null,
          outcome: "rejected",
          reason: "mismatch",
          receivedAt: time,
          processedAt: null,
          ...rest,
        },
        { id: waiting, ...stripe, outcome: "queued", reason: null, receivedAt: time, processedAt: null, ...rest },
        { id: done, ...stripe, outcome: "processed", reason: null, receivedAt: time, processedAt: time, ...rest },
      ],
      nextCursor: null,
    });
  });

  it("filters by provider and outcome, those that wait included", async () => {
    const { id } = await console.tenant();
    const { store } = console.backing;
    const processed = await seedDelivery(store, id);
    const ignored = await seedDelivery(store, id, { outcome: "ignored", reason: "nothing", provider: "polar" });
    const [stripe, polar] = await enqueue(console, id, [{}, { provider: "polar" }]);
    const path = `/api/tenants/${id}/deliveries`;
    expect(await outcomes(`${path}?provider=polar`)).toEqual([[polar, "queued"], [ignored, "ignored"]]);
    expect(await outcomes(`${path}?outcome=queued`)).toEqual([[polar, "queued"], [stripe, "queued"]]);
    expect(await outcomes(`${path}?outcome=queued&provider=stripe`)).toEqual([[stripe, "queued"]]);
    expect(await outcomes(`${path}?outcome=processed`)).toEqual([[processed, "processed"]]);
    expect(await outcomes(`${path}?outcome=ignored&provider=stripe`)).toEqual([]);
  });

  it("pages over both places under one cursor, and new ones do not disturb it", async () => {
    const { id } = await console.tenant();
    const all: string[] = [];
    for (let i = 0; i < 5; i++) {
      all.push(await seedDelivery(console.backing.store, id));
      all.push(...(await enqueue(console, id, [{}, { provider: "clerk" }])));
    }
    for (const limit of [1, 2, 4, 7, 200]) {
      const seen = await idsOf(console, `/api/tenants/${id}/deliveries`, limit, async () => {
        if (limit === 4) await enqueue(console, id, [{}]);
      });
      expect(seen.filter((one) => all.includes(one))).toEqual(all.toReversed());
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  it("pages over those that wait alone", async () => {
    const { id } = await console.tenant();
    const waiting = await enqueue(console, id, Array(5).fill({}));
    expect(await idsOf(console, `/api/tenants/${id}/deliveries?outcome=queued`, 2)).toEqual(waiting.toReversed());
  });

  it("tells a delivery once, with its outcome, when it is worked off while the list is read", async () => {
    const { id } = await console.tenant();
    const [moving, waiting] = await enqueue(console, id, [{}, {}]);
    const { desk } = console.backing;
    const meanwhile: Desk = {
      ...desk,
      pendingDeliveries: async (tenantId, page) => {
        const pending = await desk.pendingDeliveries(tenantId, page);
        await seedDelivery(console.backing.store, id, { id: moving ?? "" });
        return pending;
      },
    };
    const { items } = await deliveryPage({ ...console.backing, desk: meanwhile }, id, { limit: 50 });
    expect(items.map((item) => [item.id, item.outcome])).toEqual([
      [waiting, "queued"],
      [moving, "processed"],
    ]);
  });

  it("keeps one tenant's from another's", async () => {
    const [mine, theirs] = [await console.tenant(), await console.tenant()];
    await enqueue(console, theirs.id, [{}]);
    await seedDelivery(console.backing.store, theirs.id);
    expect(await outcomes(`/api/tenants/${mine.id}/deliveries`)).toEqual([]);
  });
});
