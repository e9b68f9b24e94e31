import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Store } from "@mara/store";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { play } from "../../../test/play.ts";
import { seedContact, seedEvents } from "../../../test/seed.ts";
import { linkOf, linksOf, Visitor } from "../../../test/visitor.ts";

let console: OpenConsole;
let store: Store;
let visitor: Visitor;
let tenantId: string;
let path: string;

beforeAll(async () => {
  console = await openConsole();
  ({ store } = console.backing);
  visitor = await Visitor.signedIn(console);
});
afterAll(() => console.close());
beforeEach(async () => {
  ({ id: tenantId } = await console.tenant());
  path = `/tenants/${tenantId}/events`;
});

async function idsIn(query: string): Promise<string[]> {
  const { html } = await visitor.open(`${path}${query}`);
  return [...html.matchAll(/id="event-([^"]+)"/g)].map(([, id = ""]) => id);
}

describe("the list of events", () => {
  it("tells each in words, with its money in its currency and its contact by name", async () => {
    const contactId = await seedContact(store, tenantId, { name: "Ada Lovelace" });
    await seedEvents(store, tenantId, [{ contactId }]);
    const page = await visitor.open(path);
    expect(page.text).toMatch(/Purchase \$49\.00 .*ago Amount \$49\.00 .* Ada Lovelace Stripe checkout\.session\.completed/);
    expect(linkOf(page, "Ada Lovelace")).toBe(`/tenants/${tenantId}/contacts/${contactId}`);
  });

  it("says when each was recorded, by which they are listed, and when it happened where that was long before", async () => {
    await play(store, tenantId, "stripe", "charge.refunded", { at: Date.now() - 3 * 86_400_000, seed: "late" });
    await play(store, tenantId, "polar", "order.paid", { seed: "now" });
    const { text } = await visitor.open(path);
    expect(text).toMatch(/Purchase [^:]* recorded just now .* Refund issued [^:]* recorded just now .* charge\.refunded happened 3 days ago/);
    expect(text.match(/ happened /g)).toHaveLength(1);
  });

  it("says of one that came late that it did, where it stands above what happened after it", async () => {
    await play(store, tenantId, "polar", "order.paid", { seed: "now" });
    await play(store, tenantId, "stripe", "charge.refunded", { at: Date.now() - 3 * 86_400_000, seed: "late" });
    expect((await visitor.open(path)).text).toMatch(/Refund issued .* came late: happened 3 days ago .* Purchase/);
  });

  it("says of none in a history that is played again that it came late, only when it happened", async () => {
    for (const days of [3, 2, 1]) await play(store, tenantId, "stripe", "charge.refunded", { at: Date.now() - days * 86_400_000, seed: `${days}` });
    const { text } = await visitor.open(path);
    expect(text).toMatch(/ happened 1 day ago .* happened 2 days ago .* happened 3 days ago/);
    expect(text).not.toContain("came late");
  });

  it("says of none that it came late because one before it is told to happen tomorrow", async () => {
    await play(store, tenantId, "stripe", "charge.refunded", { at: Date.now() + 86_400_000, seed: "ahead" });
    await play(store, tenantId, "polar", "order.paid", { seed: "now" });
    const { text } = await visitor.open(path);
    expect(text).toMatch(/Purchase .* Refund issued/);
    expect(text).not.toContain("came late");
  });

  it("leads from an event to its deliveries", async () => {
    await play(store, tenantId, "stripe", "charge.refunded", { person: { externalId: "cus_1" } });
    const page = await visitor.open(path);
    const [deliveries = ""] = [.../href="([^"]*\/deliveries\?event=[^"]*)"/.exec(page.html) ?? []].slice(1);
    expect((await visitor.open(deliveries)).text).toContain("charge.refunded");
  });

  it("shows the newest first, by type and by provider", async () => {
    const [first, second, third] = await seedEvents(store, tenantId, [
      { type: "purchase", provider: "stripe" },
      { type: "purchase", provider: "polar" },
      { type: "refund-issued", provider: "polar" },
    ]);
    expect(await idsIn("")).toEqual([third, second, first]);
    expect(await idsIn("?type=purchase")).toEqual([second, first]);
    expect(await idsIn("?provider=polar&type=")).toEqual([third, second]);
    expect(await idsIn("?provider=stripe&type=refund-issued")).toEqual([]);
  });

  it("pages by key, and misses none while new ones arrive", async () => {
    const ids = await seedEvents(store, tenantId, Array.from({ length: 65 }, () => ({ type: "purchase" as const })));
    const seen: string[] = [];
    let next: string | undefined = `${path}?type=purchase`;
    while (next !== undefined) {
      const page = await visitor.open(next);
      seen.push(...[...page.html.matchAll(/id="event-([^"]+)"/g)].map(([, id = ""]) => id));
      await seedEvents(store, tenantId, [{ type: "purchase" }]);
      [next] = linksOf(page, "Older");
    }
    expect(seen).toEqual(ids.toReversed());
  });

  it("marks a repeat, and leads to the first in its contact's timeline", async () => {
    const person = { externalId: "cus_7" };
    await play(store, tenantId, "stripe", "invoice.payment_failed", { at: Date.now() - 9_000_000, person });
    await play(store, tenantId, "stripe", "invoice.payment_failed:second-attempt", { person });
    const page = await visitor.open(path);
    const [repeat, first] = await idsIn("");
    expect(page.html).toContain(`id="event-${repeat}" data-repeat="true"`);
    expect((await visitor.follow(linkOf(page, "see the first"))).html).toContain(`id="event-${first}"`);
  });

  it("says whom nobody could tell", async () => {
    await seedEvents(store, tenantId, [{}]);
    expect((await visitor.open(path)).text).toContain("Nobody that could be a contact");
  });

  it("says what to do where there is none, and where none is like it", async () => {
    expect(linkOf(await visitor.open(path), "Set up a provider")).toBe(`/tenants/${tenantId}/settings/integrations`);
    expect(linkOf(await visitor.open(`${path}?type=purchase`), "Show all events")).toBe(path);
  });

  it("is small with a page full of samples", async () => {
    for (let i = 0; i < 31; i++) {
      await play(store, tenantId, "stripe", "customer.subscription.updated", { seed: `s${i}`, person: { name: "n".repeat(250), externalId: `cus_${i}` } });
    }
    expect((await visitor.open(path)).html.length).toBeLessThan(75_000);
  });

  it.each(["?type=nothing", "?provider=nobody", "?cursor=nonsense", "?type=purchase&type=purchase"])("knows no such list: %s", async (query) => {
    expect((await visitor.open(`${path}${query}`)).status).toBe(404);
  });

  it("is nobody else's", async () => {
    const other = await console.tenant();
    expect((await (await Visitor.signedIn(console, other.token)).open(path)).status).toBe(404);
  });
});
