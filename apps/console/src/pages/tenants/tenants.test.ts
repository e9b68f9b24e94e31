import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createTenant } from "@mara/store";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { linkOf, Visitor, type Visited } from "../../../test/visitor.ts";

let console: OpenConsole;
let operator: Visitor;

beforeAll(async () => {
  console = await openConsole();
  operator = await Visitor.signedIn(console);
});
afterAll(() => console.close());

const tokenIn = ({ html }: Visited) => /value="(mara_[^"]+)"/.exec(html)?.[1] ?? "";

describe("the list of tenants", () => {
  it("pages by key, and misses none", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `many-${String(i).padStart(2, "0")}`);
    for (const id of ids) await createTenant(console.backing.store, { name: id, id });
    const first = await operator.open("/tenants");
    const second = await operator.open(linkOf(first, "More tenants"));
    const shown = [first, second].flatMap(({ html }) => [...html.matchAll(/\/tenants\/(many-\d\d)\/settings/g)].map(([, id]) => id));
    expect(shown).toEqual(ids);
    expect(linkOf(second, "Back to the first")).toBe("/tenants");
  });

  it("leads to the form for a new one at its foot, once there is a list to scroll past", async () => {
    await createTenant(console.backing.store, { name: "One", id: "one" });
    const page = await operator.open("/tenants");
    expect(page.html).toContain(`id="${linkOf(page, "New tenant").slice(1)}"`);
  });

  it("is searched by a part of a name or an id, page by page, and says what was searched for", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `sought-${String(i).padStart(2, "0")}`);
    for (const id of ids) await createTenant(console.backing.store, { name: `Ünïque & ${id}`, id });
    const first = await operator.open("/tenants?q=+%C3%BCN%C3%8FQUE+%26+");
    const second = await operator.open(linkOf(first, "More tenants"));
    const shown = [first, second].flatMap(({ html }) => [...html.matchAll(/\/tenants\/([^/"]+)\/settings/g)].map(([, id]) => id));
    expect(shown).toEqual(ids);
    expect(second.html).toMatch(/<input id="q" name="q" type="search" value="üNÏQUE &amp;"/);
    expect((await operator.open(linkOf(second, "Back to the first"))).html).toContain("/tenants/sought-00/settings");
  });

  it("says where nobody is found, and leads back to all of them", async () => {
    const page = await operator.open("/tenants?q=nobody-has-this");
    expect(page.text).toContain("None has nobody-has-this in its name or its id.");
    expect(linkOf(page, "Show all tenants")).toBe("/tenants");
  });

  it("takes no cursor that is not its own", async () => {
    expect((await operator.open("/tenants?cursor=nonsense")).status).toBe(404);
  });
});

describe("a new tenant", () => {
  it("shows its token once, and it opens what is its own", async () => {
    await operator.open("/tenants");
    const made = await operator.submit("/tenants", { name: "New", id: "new-one" });
    const token = tokenIn(await operator.follow(made.headers.get("location") ?? ""));
    const tenant = await Visitor.signedIn(console, token);
    expect((await tenant.open("/tenants")).headers.get("location")).toBe("/tenants/new-one/settings/integrations");
    expect((await operator.open("/tenants/new-one/settings/integrations")).html).not.toContain(token);
  });

  it("is not made again when the page with its token is loaded again, and the token is gone", async () => {
    await operator.open("/tenants");
    const made = await operator.submit("/tenants", { name: "Reloaded", id: "reloaded" });
    const shown = made.headers.get("location") ?? "";
    const token = tokenIn(await operator.open(shown));
    const again = await operator.open(shown);
    expect([made.status, shown]).toEqual([303, "/tenants/reloaded/token/new"]);
    expect([again.status, again.html.includes(token)]).toEqual([200, false]);
    expect(linkOf(again, "Replace the token")).toBe("/tenants/reloaded/token");
  });

  it("has its token shown to nobody but who made it", async () => {
    await operator.open("/tenants");
    const made = await operator.submit("/tenants", { name: "Mine", id: "only-mine" });
    const cookie = made.headers.getSetCookie().find((given) => given.startsWith("mara_once=")) ?? "";
    expect(cookie).toMatch(/; Max-Age=60; Path=\/tenants\/only-mine\/token\/new; .*HttpOnly; SameSite=Strict$/);
    const [pair = ""] = cookie.split(";", 1);
    const another = await Visitor.signedIn(console);
    another.carry(pair);
    expect((await another.open("/tenants/only-mine/token/new")).text).toContain("was shown once");
    expect(tokenIn(await operator.open("/tenants/only-mine/token/new"))).toMatch(/^mara_/);
  });

  it.each([
    ["", "x", "The name "],
    ["x".repeat(201), "x", "The name "],
    ["Good", "Bad Id", "The id must have 1 to 63"],
    ["Good", "taken", "Another tenant has this id"],
  ])("is refused with what is wrong: %j %j", async (name, id, words) => {
    await createTenant(console.backing.store, { name: "Taken", id: "taken" });
    await operator.open("/tenants");
    const { status, text, html } = await operator.submit("/tenants", { name, id });
    expect([status, html.includes("<title>Not created")]).toEqual([422, true]);
    expect(text).toContain(words);
  });

  it("can't be made by a tenant", async () => {
    const { token } = await console.tenant();
    const tenant = await Visitor.signedIn(console, token);
    await tenant.follow("/tenants");
    expect((await tenant.submit("/tenants", { name: "Mine", id: "mine" })).status).toBe(404);
  });
});

describe("a new token", () => {
  it("ends the old one's sessions at once", async () => {
    const { id, token } = await console.tenant();
    const tenant = await Visitor.signedIn(console, token);
    await operator.open(`/tenants/${id}/token`);
    expect((await operator.submit(`/tenants/${id}/token`)).status).toBe(303);
    expect((await tenant.open(`/tenants/${id}/contacts`)).headers.get("location")).toMatch(/^\/sign-in/);
  });

  it("is shown once, also to a tenant that is signed in with it from then on", async () => {
    const { id, token } = await console.tenant();
    const tenant = await Visitor.signedIn(console, token);
    await tenant.open(`/tenants/${id}/token`);
    const { headers } = await tenant.submit(`/tenants/${id}/token`);
    const shown = await tenant.follow(headers.get("location") ?? "");
    expect(tokenIn(shown)).not.toBe(token);
    expect((await tenant.open(`/tenants/${id}/token/new`)).html).not.toContain(tokenIn(shown));
  });

  it("is nobody else's to make", async () => {
    const [mine, theirs] = [await console.tenant(), await console.tenant()];
    const tenant = await Visitor.signedIn(console, mine.token);
    await tenant.follow("/tenants");
    expect((await tenant.submit(`/tenants/${theirs.id}/token`)).status).toBe(404);
    expect((await Visitor.signedIn(console, theirs.token)) instanceof Visitor).toBe(true);
  });
});
