import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createLogger, listen, type Listening } from "@mara/runtime";
import { rotateToken, type Tenant } from "@mara/store";
import express from "express";
import { eventually } from "../../../../../test/support/eventually.ts";
import { openStream, type LiveStream, type StreamNews } from "../../../test/live-stream.ts";
import { ADMIN_TOKEN, openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { enqueue } from "../../../test/pending.ts";
import { seedDelivery } from "../../../test/seed.ts";
import { createOnce } from "../once.ts";
import { createSessions } from "../session/session.ts";
import { createLive, streamPath, type News } from "./live.ts";
import { livePages } from "./routes.ts";

const TENANT: Tenant = { id: "acme", name: "Acme", createdAt: 0 };
const OTHER: Tenant = { ...TENANT, id: "other" };
const log = createLogger("console", "silent");

/** A view that counts how often it is looked at, and shows what it is told to. What it shows last is "over". */
function counted() {
  const live = createLive(log, Date.now);
  const seen = { looks: 0, shows: "one" };
  live.view("numbers", {
    read: (query) => ({ of: query.get("of") ?? "" }),
    look: async ({ tenant, asked }) => {
      seen.looks += 1;
      if (seen.shows === "broken") throw new Error("the store is away");
      return { parts: { number: <p>{`${tenant.id} ${asked.of} ${seen.shows}`}</p> }, isFinal: seen.shows === "over" };
    },
  });
  return { live, seen };
}

function watching(live: ReturnType<typeof createLive>, tenant: Tenant, query = "") {
  const told: News[] = [];
  const watch = live.find("numbers", tenant, new URLSearchParams(query));
  if (watch === null) throw new Error("there is no such view");
  const leave = watch((news) => void told.push(news));
  return { told, leave, until: (count: number) => eventually(() => told.length, (length) => length >= count) };
}

describe("a page that is kept fresh", () => {
  it("is told what is, and then what changes, once", async () => {
    const { live, seen } = counted();
    const watcher = watching(live, TENANT, "of=x");
    await watcher.until(1);
    seen.shows = "two";
    await watcher.until(2);
    const { looks } = seen;
    await eventually(() => seen.looks, (now) => now > looks + 1);
    watcher.leave();
    expect(watcher.told).toEqual([
      { event: "fragment", name: "number", html: "<p>acme x one</p>" },
      { event: "fragment", name: "number", html: "<p>acme x two</p>" },
    ]);
  });

  it("costs one look however many watch it, and whatever else stands in their queries", async () => {
    const { live, seen } = counted();
    const watchers = Array.from({ length: 50 }, (_, n) => watching(live, TENANT, n % 2 === 0 ? `of=x&junk=${n}` : `junk=${n}&of=x`));
    await Promise.all(watchers.map((watcher) => watcher.until(1)));
    expect(seen.looks).toBe(1);
    for (const watcher of watchers) watcher.leave();
  });

  it("is another for another tenant, and where something else is asked for", async () => {
    const { live } = counted();
    const watchers = [watching(live, TENANT), watching(live, OTHER), watching(live, TENANT, "of=y")];
    await Promise.all(watchers.map((watcher) => watcher.until(1)));
    expect(watchers.map(({ told: [news] }) => (news?.event === "fragment" ? news.html : null))).toEqual([
      "<p>acme  one</p>",
      "<p>other  one</p>",
      "<p>acme y one</p>",
    ]);
    for (const watcher of watchers) watcher.leave();
  });

  it("is looked at no more when nobody watches", async () => {
    const { live, seen } = counted();
    const [first, other] = [watching(live, TENANT), watching(live, OTHER)];
    await first.until(1);
    await other.until(1);
    first.leave();
    // The other one beats the time: two of its looks, and none of the first one's.
    const { looks } = seen;
    await eventually(() => seen.looks, (now) => now >= looks + 2);
    other.leave();
    seen.shows = "two";
    const again = watching(live, TENANT);
    await again.until(1);
    again.leave();
    expect(first.told).toHaveLength(1);
  });

  it("is told that there is trouble, and that it is over", async () => {
    const { live, seen } = counted();
    seen.shows = "broken";
    const watcher = watching(live, TENANT);
    await watcher.until(1);
    seen.shows = "well";
    await watcher.until(3);
    watcher.leave();
    expect(watcher.told.map(({ event }) => event)).toEqual(["trouble", "fragment", "well"]);
  });

  it("is looked at no more once it came to its end, until somebody comes anew", async () => {
    const { live, seen } = counted();
    const [ended, other] = [watching(live, TENANT), watching(live, OTHER)];
    await Promise.all([ended.until(1), other.until(1)]);
    seen.shows = "over";
    await Promise.all([ended.until(3), other.until(3)]);
    const { looks } = seen;
    seen.shows = "two";
    const again = watching(live, TENANT);
    // The new one beats the time: two of its looks, and none of those that came to their end.
    await eventually(() => seen.looks, (now) => now >= looks + 2);
    again.leave();
    expect(ended.told.slice(1)).toEqual([{ event: "fragment", name: "number", html: "<p>acme  over</p>" }, { event: "end" }]);
    expect([ended.told.length, again.told[0]]).toEqual([3, { event: "fragment", name: "number", html: "<p>acme  two</p>" }]);
    ended.leave();
    other.leave();
  });
});

describe("the stream", () => {
  let console: OpenConsole;
  let cookie: string;
  let tenantId: string;

  beforeAll(async () => {
    console = await openConsole();
    cookie = await cookieOf(console.url, ADMIN_TOKEN);
    tenantId = (await console.tenant()).id;
  });
  afterAll(() => console.close());

  const settings = (id: string) => console.url + streamPath(id, "integrations", new URLSearchParams());

  it("tells of a delivery that came", async () => {
    const stream = await openStream(settings(tenantId), cookie);
    await untilTold(stream, (news) => news.name === "health-stripe");
    await seedDelivery(console.backing.store, tenantId, { providerEventType: "charge.refunded" });
    const { html } = await untilTold(stream, (news) => news.name === "health-stripe");
    expect(html).toContain("charge.refunded");
    await stream.close();
  });

  it("holds no form's token, because all who watch see the same", async () => {
    const stream = await openStream(settings(tenantId), cookie);
    const seen = [];
    for (let i = 0; i < 14; i++) seen.push(await stream.next());
    expect(JSON.stringify(seen)).not.toContain("csrf");
    await stream.close();
  });

  it.each([
    ["a view that there is not", (id: string) => streamPath(id, "nothing", new URLSearchParams()), 404],
    ["a tenant that there is not", () => streamPath("nobody", "integrations", new URLSearchParams()), 404],
  ])("is not there for %s", async (_what, path, status) => {
    const stream = await openStream(console.url + path(tenantId), cookie);
    expect(stream.status).toBe(status);
    await stream.close();
  });

  it.each([
    ["a provider that is none", "deliveries", "provider=nobody", 400],
    ["an event of no kind", "events", "type=unheard-of", 400],
    ["a delivery by no id", "delivery", "id=7", 400],
    ["a test event that nobody sent", "test-event", "provider=stripe", 404],
  ])("is refused for %s", async (_what, view, query, status) => {
    const path = console.url + streamPath(tenantId, view, new URLSearchParams(query));
    const stream = await openStream(path, cookie);
    const { status: alone } = await fetch(path, { method: "HEAD", headers: { cookie } });
    expect([stream.status, alone]).toEqual([status, status]);
    await stream.close();
  });

  it("tells all that changes as a delivery comes to its end, and ends with it", async () => {
    const [id = ""] = await enqueue(console, tenantId, [{}]);
    const stream = await openStream(console.url + streamPath(tenantId, "delivery", new URLSearchParams({ id })), cookie);
    await untilTold(stream, ({ html }) => html?.includes("It waits for its turn.") ?? false);
    await console.redis.connection.flushall();
    await seedDelivery(console.backing.store, tenantId, { id, outcome: "failed", reason: "no", body: '{"kept":true}' });
    const told = [];
    for (let news = await stream.next(); news !== null; news = await stream.next()) told.push(news);
    expect(told.map(({ event, name }) => name ?? event)).toEqual(["way", "payload", "replay", "end"]);
    expect(told.map(({ html = "" }) => html).join("")).toMatch(/Failed.*kept.*<button[^>]*>Replay/s);
  });

  it.each([
    ["has come to its end", 200],
    ["ingest turned away", 401],
  ])("ends where a test event %s", async (_how, status) => {
    await seedDelivery(console.backing.store, tenantId, { providerEventId: "evt_followed" });
    const query = { provider: "stripe", type: "charge.refunded", event: "evt_followed", status: String(status), told: "{}" };
    const stream = await openStream(console.url + streamPath(tenantId, "test-event", new URLSearchParams(query)), cookie);
    expect([(await stream.next())?.name, (await stream.next())?.event, await stream.next()]).toEqual(["way", "end", null]);
  });

  it("answers at once whoever asks for its headers alone", async () => {
    const { status, headers } = await fetch(settings(tenantId), { method: "HEAD", headers: { cookie } });
    expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  });

  it("is for those who are signed in", async () => {
    expect((await openStream(settings(tenantId), "")).status).toBe(401);
  });

  it("is not opened for ever more of one tenant", async () => {
    const { id } = await console.tenant();
    const streams = await Promise.all(Array.from({ length: 101 }, () => openStream(settings(id), cookie)));
    expect(streams.filter(({ status }) => status === 503)).toHaveLength(1);
    await Promise.all(streams.map((stream) => stream.close()));
    const later = await eventually(() => openStream(settings(id), cookie), ({ status }) => status === 200);
    await later.close();
  });

  it("says goodbye when its session signs out in another tab, and to no other session", async () => {
    const [mine, others] = await Promise.all([console, console].map(({ url }) => cookieOf(url, ADMIN_TOKEN)));
    const [leaving, staying] = await Promise.all([openStream(settings(tenantId), mine ?? ""), openStream(settings(tenantId), others ?? "")]);
    await signOut(console.url, mine ?? "");
    await untilTold(leaving, ({ event }) => event === "bye");
    expect(await leaving.next()).toBeNull();
    await seedDelivery(console.backing.store, tenantId, { providerEventType: "still.watched" });
    await untilTold(staying, ({ html }) => html?.includes("still.watched") ?? false);
    await staying.close();
  });

  it("ends in good order when the console stops", async () => {
    const lone = await openConsole();
    const { id } = await lone.tenant();
    const stream = await openStream(lone.url + streamPath(id, "integrations", new URLSearchParams()), await cookieOf(lone.url, ADMIN_TOKEN));
    await stream.next();
    const closed = lone.close();
    await expect(untilEnd(stream)).resolves.toBe("ended");
    await closed;
  });

  describe("of a tenant", () => {
    let server: Listening;

    /** The same stream, whose visitors are looked at again every few milliseconds. */
    beforeAll(async () => {
      const { backing } = console;
      const live = createLive(backing.log, Date.now);
      live.view("still", { read: () => null, look: async () => ({ parts: { still: <p>still</p> } }) });
      const secret = backing.store.keyring.current.bytes;
      const pages = { backing, sessions: createSessions(backing, secret), live, once: createOnce(secret), now: Date.now };
      server = await listen(express().use(livePages(pages, 20)), { host: "127.0.0.1", port: 0 });
    });
    afterAll(() => server.close());

    it("says goodbye when its session signs out on another console", async () => {
      const { id, token } = await console.tenant();
      const cookie = await cookieOf(console.url, token);
      const stream = await openStream(server.url + streamPath(id, "still", new URLSearchParams()), cookie);
      await stream.next();
      await signOut(console.url, cookie);
      expect(await stream.next()).toEqual({ event: "bye" });
      expect(await stream.next()).toBeNull();
    });

    it("says goodbye when the token that opened it is replaced", async () => {
      const { id, token } = await console.tenant();
      const stream = await openStream(server.url + streamPath(id, "still", new URLSearchParams()), await cookieOf(console.url, token));
      await stream.next();
      await rotateToken(console.backing.store, id);
      expect(await stream.next()).toEqual({ event: "bye" });
      expect(await stream.next()).toBeNull();
    });
  });
});

async function untilTold(stream: LiveStream, wanted: (news: StreamNews) => boolean): Promise<StreamNews> {
  for (;;) {
    const news = await stream.next();
    if (news === null) throw new Error("the stream ended");
    if (wanted(news)) return news;
  }
}

async function untilEnd(stream: LiveStream): Promise<"ended"> {
  while ((await stream.next()) !== null);
  return "ended";
}

async function cookieOf(url: string, token: string): Promise<string> {
  const headers = { "sec-fetch-site": "same-origin", accept: "text/html" };
  const { headers: answered } = await fetch(`${url}/sign-in`, { method: "POST", headers, body: new URLSearchParams({ token }), redirect: "manual" });
  return answered.get("set-cookie")?.split(";")[0] ?? "";
}

async function signOut(url: string, cookie: string): Promise<void> {
  const headers = { "sec-fetch-site": "same-origin", accept: "text/html", cookie };
  const page = await (await fetch(`${url}/tenants`, { headers })).text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const { status } = await fetch(`${url}/sign-out`, { method: "POST", headers, body: new URLSearchParams({ csrf }), redirect: "manual" });
  if (status !== 303) throw new Error(`signing out was answered with ${status}`);
}
