import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { eraseContact, listContacts, listIntegrations, saveIntegration, type Store } from "@mara/store";
import { connectors } from "@mara/connectors";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { enqueue } from "../../../test/pending.ts";
import { play, playFailure } from "../../../test/play.ts";
import { seedDelivery, seedRejection } from "../../../test/seed.ts";
import { linkOf, linksOf, Visitor } from "../../../test/visitor.ts";
import { namesIn } from "../../names-in.ts";

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
  path = `/tenants/${tenantId}/deliveries`;
});

/** The event types of a list, as it shows them. */
async function typesIn(query: string): Promise<string[]> {
  const { html } = await visitor.open(`${path}${query}`);
  return [...html.matchAll(/class="delivery-event"><a[^>]*>.*?<bdi>(.*?)<\/bdi>/g)].map(([, type = ""]) => type);
}

describe("the list of deliveries", () => {
  it("shows what waits, what is done, and what was turned away, the newest first", async () => {
    const receivedAt = Date.now() - 90_000;
    await seedDelivery(store, tenantId, { receivedAt, providerEventId: "evt_done" });
    const rejected = await seedRejection(store, tenantId, "polar", "mismatch");
    const [waiting] = await enqueue(console, tenantId, [{ receivedAt: Date.now(), eventType: "order.paid", provider: "polar" }]);
    const page = await visitor.open(path);
    expect([...page.html.matchAll(/href="[^"]*\/deliveries\/([0-9a-f-]{36})"/g)].map(([, id]) => id).slice(0, 2)).toEqual([waiting, rejected]);
    expect(page.text).toMatch(/Polar order\.paid .* Queued .* Polar not read Rejected the signature does not match .* Stripe invoice\.payment_failed evt_done Processed 0 ms 1 minute ago/);
  });

  it("filters by provider and outcome, and says so where nothing is left", async () => {
    await seedDelivery(store, tenantId, { providerEventType: "invoice.paid", outcome: "ignored", reason: "nothing to do" });
    await seedDelivery(store, tenantId, { providerEventType: "charge.refunded" });
    await seedDelivery(store, tenantId, { provider: "polar", providerEventType: "order.paid" });
    expect(await typesIn("?provider=stripe")).toEqual(["charge.refunded", "invoice.paid"]);
    expect(await typesIn("?provider=&outcome=ignored")).toEqual(["invoice.paid"]);
    expect(await typesIn("?outcome=failed")).toEqual([]);
    const { text } = await visitor.open(`${path}?outcome=failed`);
    expect(text).toContain("No such delivery");
  });

  it("finds all deliveries of an event by its exact id, one that waits included", async () => {
    await seedDelivery(store, tenantId, { providerEventId: "evt_sought", providerEventType: "first.time" });
    await seedDelivery(store, tenantId, { providerEventId: "evt_sought_not", providerEventType: "other" });
    await enqueue(console, tenantId, [{ eventId: "evt_sought", eventType: "second.time", receivedAt: Date.now() }, { eventId: "evt_else" }]);
    expect(await typesIn("?event=%20evt_sought%20")).toEqual(["second.time", "first.time"]);
    expect(await typesIn("?event=evt_sought&provider=polar")).toEqual([]);
  });

  it("pages by key, to the end and back", async () => {
    for (let i = 0; i < 53; i++) await seedDelivery(store, tenantId, { providerEventType: `type.${i}` });
    const first = await visitor.open(path);
    expect(linksOf(first, "Back to the newest")).toEqual([]);
    const second = await visitor.open(linkOf(first, "Older"));
    expect(second.text).toMatch(/type\.2 .*type\.1 .*type\.0 /);
    expect(second.text).not.toContain("type.3 ");
    expect(linksOf(second, "Older")).toEqual([]);
    expect(linkOf(second, "Back to the newest")).toBe(path);
  });

  it("does not say behind the last page that nothing came yet", async () => {
    for (let i = 0; i < 51; i++) await seedDelivery(store, tenantId);
    const older = linkOf(await visitor.open(path), "Older");
    await store.pool.query("DELETE FROM deliveries WHERE tenant_id = $1", [tenantId]);
    const page = await visitor.open(older);
    expect(page.text).toContain("Nothing older");
    expect(page.text).not.toContain("No delivery yet");
    expect(linkOf(page, "Back to the newest")).toBe(path);
  });

  it("says what to do where nothing came yet", async () => {
    const page = await visitor.open(path);
    expect(page.text).toContain("No delivery yet");
    expect(linkOf(page, "Set up a provider")).toBe(`/tenants/${tenantId}/settings/integrations`);
  });

  it("shows strangers' words as words", async () => {
    await seedDelivery(store, tenantId, { providerEventType: "<script>alert(1)</script>", providerEventId: '"><img src=x>' });
    const { html } = await visitor.open(path);
    expect(html).not.toMatch(/<script>alert|<img/);
    expect(html).toContain("&lt;script>alert(1)&lt;/script>");
  });

  it("is small, however long its words are", async () => {
    const long = "x".repeat(250);
    for (let i = 0; i < 50; i++) await seedDelivery(store, tenantId, { providerEventId: `${long}${i}`, providerEventType: long, outcome: "failed", reason: long });
    expect((await visitor.open(path)).html.length).toBeLessThan(100_000);
  });

  it("is kept fresh, and stands still when it is told to or looks back", async () => {
    for (let i = 0; i < 51; i++) await seedDelivery(store, tenantId);
    const page = await visitor.open(`${path}?provider=stripe`);
    expect(page.html).toContain(`/tenants/${tenantId}/live/deliveries?provider=stripe`);
    const paused = await visitor.open(linkOf(page, "Pause"));
    expect([paused.html.includes("/live/"), linkOf(paused, "Go live")]).toEqual([false, `${path}?provider=stripe`]);
    expect((await visitor.open(linkOf(page, "Older"))).html).not.toContain("/live/");
  });
});

describe("a delivery", () => {
  const person = { email: "ada@example.com", name: "Ada Lovelace" };

  it("tells its way from receipt to the moment", async () => {
    await saveIntegration(store, tenantId, "stripe", { signingSecret: connectors.stripe.makeSecret(Buffer.alloc(32, 3)) });
    const [integration] = await listIntegrations(store, tenantId, ["stripe"]);
    const [secret] = integration?.secrets ?? [];
    if (secret === undefined) throw new Error("the secret was not kept");
    const id = await play(store, tenantId, "stripe", "checkout.session.completed", { person, secretId: secret.id, requestId: "req-77" });
    const page = await visitor.open(`${path}/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`POST /api/webhooks/stripe/${tenantId} Request req-77`);
    expect(page.text).toContain(`Verified , done With the signing secret ${secret.hint}`);
    expect(page.text).toMatch(/Decision , done Processed .* after it was received It became an event\. Contact , done Ada Lovelace Moment , done Purchase/);
    expect((await visitor.follow(linkOf(page, "See it in the timeline"))).text).toContain("Ada Lovelace");
  });

  it("shows what it carried without whom it is about", async () => {
    const id = await play(store, tenantId, "stripe", "checkout.session.completed", { person });
    const { html } = await visitor.open(`${path}/${id}`);
    const payload = /<pre.*<\/pre>/s.exec(html)?.[0] ?? "";
    expect(payload).toContain("checkout.session");
    expect(payload).toContain("[e-mail]");
    expect(payload).not.toMatch(/ada@|lovelace/i);
  });

  it.each([
    ["mismatch", "Not verified , a problem The signature does not match. Paste the signing secret again.", ["?open=polar#polar"]],
    ["malformed_payload", "Not verified , a problem The body is not a JSON event", []],
  ])("that was rejected (%s) says what to do, and leads to where", async (reason, words, rows) => {
    const id = await seedRejection(store, tenantId, "polar", reason);
    const page = await visitor.open(`${path}/${id}`);
    const { text, html } = page;
    expect(text).toContain(words);
    expect(linksOf(page, "Paste the secret of Polar")).toEqual(rows.map((row) => `/tenants/${tenantId}/settings/integrations${row}`));
    expect(text).toContain("Nothing is kept of what was rejected");
    expect(html).not.toContain(`${id}/replay`);
  });

  it("that was ignored says why", async () => {
    const id = await play(store, tenantId, "stripe", "customer.subscription.updated:renewed");
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toMatch(/Ignored .* after it was received No trial was converted, and nothing moved upward\./);
    expect(text).toContain("No event was recorded for it.");
  });

  it("whose person was erased says so, and not that it led to nobody", async () => {
    const id = await play(store, tenantId, "stripe", "checkout.session.completed", { person });
    const { items } = await listContacts(store, tenantId, {});
    for (const contact of items) await eraseContact(store, tenantId, contact.id, namesIn);
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toContain("The contact that it led to was erased.");
    expect(text).toContain("The event was erased together with its contact.");
    expect(text).not.toMatch(/It led to no contact|No event was recorded/);
  });

  it("that waits says so", async () => {
    const [id] = await enqueue(console, tenantId, [{}]);
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toContain("It waits for its turn.");
    expect(text).toContain("It is with its job on the queue.");
  });

  it.each(["00000000-0000-7000-8000-000000000000", "nonsense", "0199B1F0-0000-7000-8000-00000000000G"])("that is not there is not found: %s", async (id) => {
    expect((await visitor.open(`${path}/${id}`)).status).toBe(404);
    expect((await visitor.submit(`${path}/${id}/replay`)).status).toBe(404);
  });

  it("of another tenant is not found", async () => {
    const id = await seedDelivery(store, tenantId);
    const other = await console.tenant();
    const stranger = await Visitor.signedIn(console, other.token);
    expect((await stranger.open(`/tenants/${other.id}/deliveries/${id}`)).status).toBe(404);
    expect((await stranger.open(`${path}/${id}`)).status).toBe(404);
  });
});

/** Whose deliveries are on the queue. */
async function providersWaiting(): Promise<string[]> {
  return (await console.backing.desk.pendingDeliveries(tenantId, { limit: 9 })).map(({ provider }) => provider);
}

describe("a replay", () => {
  it("of a failed delivery puts it back on its queue, and leads to where its outcome appears", async () => {
    const id = await playFailure(store, tenantId, "stripe", "charge.refunded", "the charge has no amount_refunded");
    const before = await visitor.open(`${path}/${id}`);
    expect(before.text).toMatch(/Failed .* after it was received/);
    const sent = await visitor.submit(`${path}/${id}/replay`);
    expect([sent.status, sent.headers.get("location")]).toEqual([303, `${path}/${id}`]);
    const said = "It was put back on its queue.";
    expect([(await visitor.open(`${path}/${id}`)).text.includes(said), (await visitor.open(`${path}/${id}`)).text.includes(said)]).toEqual([true, false]);
    expect((await console.backing.desk.pendingDeliveries(tenantId, { limit: 2 })).map(({ deliveryId }) => deliveryId)).toEqual([id]);
  });

  it("of one whose payload is gone says that it can't be", async () => {
    const id = await seedRejection(store, tenantId, "polar", "mismatch");
    await visitor.open(`${path}/${id}`);
    const { headers } = await visitor.submit(`${path}/${id}/replay`);
    expect((await visitor.follow(headers.get("location") ?? "")).text).toContain("It can't be replayed");
  });

  it("of an old delivery says that its time counts from the first receipt", async () => {
    const id = await play(store, tenantId, "stripe", "checkout.session.completed", { at: Date.now() - 3 * 86_400_000 });
    const list = await visitor.open(path);
    expect(list.text).toContain("Done after Received");
    expect((await visitor.open(`${path}/${id}`)).text).toContain("Processed 3 days after it was received");
  });

  it("leads from its own address to the delivery", async () => {
    const id = await seedDelivery(store, tenantId);
    const { status, headers } = await visitor.open(`${path}/${id}/replay`);
    expect([status, headers.get("location")]).toEqual([303, `${path}/${id}`]);
  });

  it("of all that failed is asked about, then says how many", async () => {
    for (let i = 0; i < 3; i++) await seedDelivery(store, tenantId, { outcome: "failed", reason: "no" });
    await seedDelivery(store, tenantId, { outcome: "failed", reason: "no", provider: "polar" });
    await seedDelivery(store, tenantId);
    expect(linksOf(await visitor.open(path), "Replay 4 failed…")).toHaveLength(1);
    const asking = await visitor.open(linkOf(await visitor.open(`${path}?provider=stripe`), "Replay 3 failed…"));
    expect(asking.text).toContain("Replay every failed delivery of Stripe?");
    expect(await providersWaiting()).toEqual([]);
    const { headers } = await visitor.submit(`${path}/replay-failed`, { provider: "stripe" });
    expect((await visitor.follow(headers.get("location") ?? "")).text).toContain("3 deliveries put back on the queue.");
    expect((await visitor.open(`${path}?provider=stripe`)).text).not.toContain("put back on the queue");
    expect(await providersWaiting()).toEqual(["stripe", "stripe", "stripe"]);
    await visitor.submit(`${path}/replay-failed`);
    expect(await providersWaiting()).toContain("polar");
  });

  it("of all that failed says where nothing had", async () => {
    const { headers } = await visitor.submit(`${path}/replay-failed`);
    expect((await visitor.follow(headers.get("location") ?? "")).text).toContain("Nothing has failed");
  });

  it.each(["replay-failed", "00000000-0000-7000-8000-000000000000/replay"])("needs a form of this session: %s", async (what) => {
    const { status, text } = await visitor.submit(`${path}/${what}`, { csrf: "stolen" });
    expect([status, text.includes("out of date")]).toEqual([403, true]);
  });

  it("of a provider that is none is refused", async () => {
    expect((await visitor.submit(`${path}/replay-failed`, { provider: "nobody" })).status).toBe(400);
  });
});

describe("the pages of deliveries", () => {
  it.each(["?provider=nobody", "?outcome=lost", "?cursor=nonsense", "?cursor=a&cursor=b"])("know no such list: %s", async (query) => {
    const { status, text } = await visitor.open(`${path}${query}`);
    expect([status, text.includes("There is nothing here")]).toEqual([404, true]);
  });

  it("send somebody who is not signed in to sign in, and back", async () => {
    const { status, headers } = await new Visitor(console).open(`${path}?outcome=failed`);
    expect([status, headers.get("location")]).toEqual([303, `/sign-in?back=${encodeURIComponent(`${path}?outcome=failed`)}`]);
  });
});

describe("while the queue is away", () => {
  it("what is stored can be looked at, and a replay says that it can't be asked for now", async () => {
    const cut = await openConsole();
    try {
      const { id: tenant } = await cut.tenant();
      const delivery = await seedDelivery(cut.backing.store, tenant, { outcome: "failed", reason: "no" });
      const visitor = await Visitor.signedIn(cut);
      await cut.redis.stop();
      const list = await visitor.open(`/tenants/${tenant}/deliveries`);
      expect([list.status, list.text.includes("The queue does not answer")]).toEqual([200, true]);
      const one = await visitor.open(`/tenants/${tenant}/deliveries/${delivery}`);
      expect([one.status, /Failed .* after it was received/.test(one.text)]).toEqual([200, true]);
      expect((await visitor.submit(`/tenants/${tenant}/deliveries/${delivery}/replay`)).status).toBe(503);
      expect((await visitor.open(`/tenants/${tenant}/deliveries/00000000-0000-7000-8000-000000000000`)).status).toBe(503);
    } finally {
      await cut.close();
    }
  });
});
