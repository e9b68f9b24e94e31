import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { saveMerges, withStreams, type Store } from "@mara/store";
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
  path = `/tenants/${tenantId}/contacts`;
});

/** The ids of the contacts that a list shows. */
async function found(query: string): Promise<string[]> {
  const { html } = await visitor.open(`${path}${query}`);
  return [...html.matchAll(/contacts\/([0-9a-f-]{36})"/g)].map(([, id = ""]) => id);
}

/** Makes of `old` and `kept` one contact, as the worker does. */
async function merge(old: string, kept: string): Promise<void> {
  await withStreams(store.pool, [tenantId], (transaction) => saveMerges(transaction, [{ tenantId, from: old, into: kept }]));
}

describe("the list of contacts", () => {
  it("finds by e-mail address in any case, by an id at a provider, and by one of the tenant's own", async () => {
    const ada = await seedContact(store, tenantId, {
      email: "ada@example.com",
      identities: [{ provider: "stripe", externalId: "cus_1" }, { provider: "app", externalId: "77@their-app" }],
    });
    const bob = await seedContact(store, tenantId, { email: "bob@example.com", identities: [{ provider: "polar", externalId: "pol_1" }] });
    expect(await found("")).toEqual([bob, ada]);
    expect(await found("?q=%20ADA%40example.com")).toEqual([ada]);
    expect(await found("?q=cus_1")).toEqual([ada]);
    expect(await found("?q=77%40their-app")).toEqual([ada]);
    expect(await found("?q=cus_1&provider=polar")).toEqual([]);
    expect(await found("?provider=polar")).toEqual([bob]);
    expect(await found("?q=ada")).toEqual([]);
  });

  it("pages by key", async () => {
    const ids = [];
    for (let i = 0; i < 52; i++) ids.unshift(await seedContact(store, tenantId, { name: `Contact ${i}` }));
    const first = await visitor.open(path);
    expect(await found("")).toEqual(ids.slice(0, 50));
    expect((await visitor.open(linkOf(first, "Older"))).text).toMatch(/Contact 1 .*Contact 0 /);
  });

  it("says what to do where there is nobody, and where nobody was found", async () => {
    const empty = await visitor.open(path);
    expect(linkOf(empty, "Set up a provider")).toBe(`/tenants/${tenantId}/settings/integrations`);
    const unknown = await visitor.open(`${path}?q=nobody%40example.com`);
    expect([unknown.text.includes("Nobody is known by exactly this"), linkOf(unknown, "Show all contacts")]).toEqual([true, path]);
  });

  it("tells those apart who have neither name nor address, by an id, and makes no initials up for them", async () => {
    await seedContact(store, tenantId, { identities: [{ provider: "stripe", externalId: "cus_1" }] });
    await seedContact(store, tenantId, { identities: [{ provider: "stripe", externalId: "cus_2" }] });
    const { text } = await visitor.open(path);
    expect(text).toMatch(/ \? Somebody without a name cus_2 .* \? Somebody without a name cus_1 /);
  });

  it("takes what nobody is called for what it is", async () => {
    for (const odd of ["%00", "%F0%9F%98%80".repeat(400), "%E2%80%AE", "'; DROP TABLE contacts --"]) {
      const { status, text } = await visitor.open(`${path}?q=${odd}`);
      expect([status, text.includes("Nobody found")]).toEqual([200, true]);
    }
  });
});

describe("a contact", () => {
  const DAY = 86_400_000;
  const now = Date.now();

  it("shows its attributes with who told each and when, and all that it is known by", async () => {
    const person = { email: "ada@example.com", name: "Ada Lovelace" };
    await play(store, tenantId, "stripe", "checkout.session.completed", { at: now - 3 * DAY, person: { ...person, externalId: "cus_7" } });
    await play(store, tenantId, "clerk", "user.created", { at: now - DAY, person: { ...person, externalId: "user_7" } });
    const [id] = await found("?q=ada%40example.com");
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toContain("campaign launch Stripe cus_7 , 3 days ago");
    expect(text).toContain("company Analytical Engines Clerk user_7 , 1 day ago");
    expect(text).toMatch(/Known as .*Clerk user_7 told as of 1 day ago.*E-mail ada@example\.com .*Stripe cus_7 told as of 3 days ago/);
  });

  it("does not pass the tenant's own id for one of the provider that told something with it", async () => {
    const person = { email: "ada@example.com", externalId: "cus_7", appId: "account-77" };
    await play(store, tenantId, "stripe", "checkout.session.completed", { at: now - DAY, person });
    const [id] = await found("?q=account-77");
    expect((await visitor.open(`${path}/${id}`)).text).toContain("campaign launch Stripe for account-77 , 1 day ago");
  });

  it("shows its moments, the newest first, a repeat as one that leads to the first", async () => {
    const person = { email: "ada@example.com", externalId: "cus_7" };
    await play(store, tenantId, "stripe", "invoice.payment_failed", { at: now - 3 * DAY, person });
    await play(store, tenantId, "stripe", "invoice.payment_failed:second-attempt", { at: now - DAY, person });
    const [id] = await found("?q=cus_7");
    const page = await visitor.open(`${path}/${id}`);
    const moments = [...page.html.matchAll(/<li class="moment" id="event-([^"]+)" data-repeat="(true|false)"/g)].map(([, event, repeat]) => ({ event, repeat }));
    expect(moments.map(({ repeat }) => repeat)).toEqual(["true", "false"]);
    expect(page.text).toMatch(/Payment failed \$[\d.]+, attempt 2 1 day ago .* Repeat: see the first Payment failed \$[\d.]+ 3 days ago/);
    expect(linkOf(page, "see the first")).toBe(`#event-${moments[1]?.event}`);
  });

  it("leads to the first of a repeat on another page as well", async () => {
    const contactId = await seedContact(store, tenantId, { name: "Ada" });
    const [first = ""] = await seedEvents(store, tenantId, [{ contactId }]);
    await seedEvents(store, tenantId, Array.from({ length: 40 }, () => ({ contactId })));
    const { status, headers } = await visitor.open(`${path}/${contactId}/events/${first}`);
    const to = headers.get("location") ?? "";
    expect([status, to.endsWith(`#event-${first}`)]).toEqual([303, true]);
    expect((await visitor.follow(to.split("#")[0] ?? "")).html).toContain(`id="event-${first}"`);
  });

  it("says of a first that another contact's timeline has that it is not in this one, and where to look", async () => {
    const [ada, grace] = [await seedContact(store, tenantId, { name: "Ada" }), await seedContact(store, tenantId, { name: "Grace" })];
    const [first = ""] = await seedEvents(store, tenantId, [{ contactId: ada }, { contactId: grace }]);
    const page = await visitor.open(`${path}/${grace}/events/${first}`);
    expect([page.status, page.text]).toEqual([404, expect.stringMatching(/ Grace .* That moment is not in this timeline: it is about another contact/)]);
    expect(linkOf(page, "all events")).toBe(`/tenants/${tenantId}/events`);
  });

  it("says of a moment that came late when it was recorded, because that is its place", async () => {
    const person = { externalId: "cus_7" };
    await play(store, tenantId, "stripe", "customer.subscription.created", { person });
    await play(store, tenantId, "stripe", "invoice.payment_failed", { at: now - 3 * DAY, person });
    const [id] = await found("?q=cus_7");
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toMatch(/Payment failed \$[\d.]+ 3 days ago .* came late: recorded just now .* Subscription started/);
    expect(text.match(/came late/g)).toHaveLength(1);
  });

  it("does not say of each moment that it came late, where all are told long afterwards in their order", async () => {
    const person = { externalId: "cus_8" };
    await play(store, tenantId, "stripe", "customer.subscription.created", { at: now - 3 * DAY, person });
    await play(store, tenantId, "stripe", "invoice.payment_failed", { at: now - 2 * DAY, person });
    const [id] = await found("?q=cus_8");
    const { text } = await visitor.open(`${path}/${id}`);
    expect(text).toMatch(/Payment failed .* 2 days ago .* Subscription started .* 3 days ago/);
    expect(text).not.toContain("came late");
  });

  it("pages through a long timeline", async () => {
    const contactId = await seedContact(store, tenantId);
    const ids = await seedEvents(store, tenantId, Array.from({ length: 61 }, () => ({ contactId })));
    const seen: string[] = [];
    let next: string | undefined = `${path}/${contactId}`;
    while (next !== undefined) {
      const page = await visitor.open(next);
      seen.push(...[...page.html.matchAll(/id="event-([^"]+)"/g)].map(([, id = ""]) => id));
      [next] = linksOf(page, "Older");
    }
    expect(seen).toEqual(ids.toReversed());
  });

  it("says that the account is gone, and that what is known stays", async () => {
    await play(store, tenantId, "clerk", "user.created", { at: now - 3 * DAY, person: { externalId: "user_9" } });
    await play(store, tenantId, "clerk", "user.deleted", { at: now - DAY, person: { externalId: "user_9" } });
    const [id] = await found("?q=user_9");
    const { text, html } = await visitor.open(`${path}/${id}`);
    expect(text).toContain("Deactivated");
    // Between a badge and what follows it stands a space, also for those who hear it.
    expect(html).toMatch(/Deleted there<\/span> told as of/);
    expect(text).toContain("The account was deleted at Clerk 1 day ago .");
  });

  it("does not read out again with each minute how long the account is gone", async () => {
    await play(store, tenantId, "clerk", "user.created", { at: now - 3 * DAY, person: { externalId: "user_9" } });
    await play(store, tenantId, "clerk", "user.deleted", { at: now - DAY, person: { externalId: "user_9" } });
    const [id] = await found("?q=user_9");
    const { html } = await visitor.open(`${path}/${id}`);
    expect(/<div[^>]*>The account was deleted/.exec(html)?.[0]).not.toContain("role=");
  });

  it("that is known by very many ids shows a hundred of them, and says how many more there are", async () => {
    const identities = Array.from({ length: 1_250 }, (_, n) => ({ provider: "stripe", externalId: `cus_guest_${n}` }) as const);
    const id = await seedContact(store, tenantId, { name: "Ada", identities });
    const { html, text } = await visitor.open(`${path}/${id}`);
    expect(html.match(/>cus_guest_/g)).toHaveLength(100);
    expect(text).toContain("And 1,150 more: each of them finds this contact in the search.");
  });

  it("that is known by many ids has the first ones in sight, and folds the others up", async () => {
    const identities = Array.from({ length: 12 }, (_, n) => ({ provider: "stripe", externalId: `cus_guest_${10 + n}` }) as const);
    const id = await seedContact(store, tenantId, { name: "Ada", identities });
    const { html } = await visitor.open(`${path}/${id}`);
    const [inSight = "", folded = ""] = html.slice(html.indexOf('id="identities"')).split("<summary>4 more</summary>");
    expect([inSight, folded].map((part) => part.match(/>cus_guest_/g)?.length)).toEqual([8, 4]);
  });

  it("that was merged into another leads there, on each of its pages", async () => {
    const [old, kept] = [await seedContact(store, tenantId), await seedContact(store, tenantId, { name: "Ada" })];
    await merge(old, kept);
    for (const below of ["", "/erase"]) {
      const { status, headers } = await visitor.open(`${path}/${old}${below}`);
      expect([status, headers.get("location")]).toEqual([303, `${path}/${kept}${below}`]);
    }
    await visitor.open(`${path}/${kept}`);
    await visitor.submit(`${path}/${old}/erase`);
    expect(await found("")).toEqual([kept]);
  });

  it("that was merged into another leads to each of its moments there", async () => {
    const [old, kept] = [await seedContact(store, tenantId), await seedContact(store, tenantId, { name: "Ada" })];
    const [event = ""] = await seedEvents(store, tenantId, [{ contactId: old }]);
    await merge(old, kept);
    const { status, headers } = await visitor.open(`${path}/${old}/events/${event}`);
    const to = headers.get("location") ?? "";
    expect([status, to.startsWith(`${path}/${kept}?`)]).toEqual([303, true]);
    expect((await visitor.follow(to.split("#")[0] ?? "")).html).toContain(`id="event-${event}"`);
  });

  it("of another tenant, or none at all, is not found", async () => {
    const id = await seedContact(store, tenantId);
    const other = await console.tenant();
    const stranger = await Visitor.signedIn(console, other.token);
    await stranger.open(`/tenants/${other.id}/contacts`);
    for (const page of [`${path}/${id}`, `/tenants/${other.id}/contacts/${id}`, `/tenants/${other.id}/contacts/nonsense`]) {
      expect((await stranger.open(page)).status).toBe(404);
      expect((await stranger.submit(`${page}/erase`)).status).toBe(404);
    }
    expect(await found("")).toEqual([id]);
  });

  it.each([
    ["HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
    ["text that turns round", "\u202egnihtemos ليلى"],
    ["emoji", "👩‍👩‍👧‍👦".repeat(40)],
    ["ten thousand characters", "W".repeat(10_000)],
  ])("with %s for a name and attributes is shown harmlessly", async (_name, odd) => {
    const id = await seedContact(store, tenantId, { name: odd, email: "odd@example.com", attributes: { odd } });
    for (const page of [path, `${path}/${id}`, `${path}/${id}/erase`]) {
      const { html, status } = await visitor.open(page);
      expect(status).toBe(200);
      expect(html).not.toMatch(/<script>|<img/);
      expect(html.length).toBeLessThan(75_000);
    }
  });
});

describe("erasing a contact", () => {
  it("is asked about on a page that says what goes, then done for good", async () => {
    const person = { email: "ada@example.com", name: "Ada Lovelace", externalId: "user_7" };
    await play(store, tenantId, "clerk", "user.created", { person });
    const [id] = await found("?q=user_7");
    const asking = await visitor.open(linkOf(await visitor.open(`${path}/${id}`), "Erase…"));
    expect(asking.text).toContain("Erase Ada Lovelace ?");
    expect(asking.text).toMatch(/its 3 attributes its id at a provider, .* every moment .* stored payloads/);
    const { headers } = await visitor.submit(`${path}/${id}/erase`);
    expect((await visitor.follow(headers.get("location") ?? "")).text).toContain("The contact is erased");
    expect((await visitor.open(path)).text).not.toContain("The contact is erased");
    expect((await visitor.open(`${path}/${id}`)).status).toBe(404);
    expect(await found("?q=user_7")).toEqual([]);
  });

  it("changes nothing when it is only looked at, or the form is not this session's", async () => {
    const id = await seedContact(store, tenantId);
    await visitor.open(`${path}/${id}/erase`);
    expect((await visitor.submit(`${path}/${id}/erase`, { csrf: "stolen" })).status).toBe(403);
    expect(await found("")).toEqual([id]);
  });
});
