import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { BackfillRest, BackfillWork, Troubles } from "@mara/queue";
import { createLogger, type Logger } from "@mara/runtime";
import { cancelBackfill, eraseContact, latestBackfill, loadBackfill, openStore, readKeyring, saveIntegration, startBackfill, type Store } from "@mara/store";
import { clerkUserId, minimalClerkUser, NEVER_KEEP } from "../../../../test/support/fake-clerk-user.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { startFakeClerk, type FakeClerk, type FakeClerkOptions } from "../../../../test/support/fake-clerk.ts";
import { sampleJob } from "../../test/deliveries.ts";
import { newTenant, rowsOf, testLog, testStore } from "../../test/store.ts";
import { createPatience, createRecorder, type Patience, type Recorder } from "../record/index.ts";
import { backfillWork } from "./backfill-work.ts";

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let patience: Patience;
let recorder: Recorder;
let clerk: FakeClerk;
let tenant: string;
let backfillId: string;

beforeAll(async () => {
  database = await testStore();
  store = database.store;
  const { log } = testLog();
  patience = createPatience(log);
  recorder = createRecorder({ store, log, patience });
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await newTenant(store);
});
afterEach(() => clerk.close());

/** A fake Clerk, and a backfill of it that was asked for. */
async function given(options: FakeClerkOptions, apiKey = "sk_test_fake"): Promise<void> {
  clerk = await startFakeClerk(options);
  await saveIntegration(store, tenant, "clerk", { apiKey });
  await begin();
}

async function begin(): Promise<void> {
  const start = await startBackfill(store, tenant);
  if (start.kind === "no_api_key") throw new Error(`the backfill is ${start.kind}`);
  backfillId = start.backfill.id;
}

interface Running {
  readonly signal?: AbortSignal;
  readonly pageTimeoutMs?: number;
  readonly troubles?: Troubles;
  readonly log?: Logger;
  /** Happens when a page was fetched and nothing of it is written yet. */
  readonly beforeWrite?: () => Promise<unknown>;
}

function workOf({ pageTimeoutMs = 5_000, log = testLog().log, beforeWrite = async () => undefined }: Running): BackfillWork {
  const clerkRetries = { firstMs: 1, longestMs: 4, tries: 4 };
  const writing: Recorder = { ...recorder, projectPeople: async (...page) => {
    await beforeWrite();
    return recorder.projectPeople(...page);
  } };
  return backfillWork({ store, patience, recorder: writing, log, clerkApiUrl: clerk.url, pageTimeoutMs, clerkRetries });
}

/** Does the job's work as the queue does: what is permanent is written down as failed. Answers for how long it rests. */
async function run(running: Running = {}): Promise<BackfillRest | null> {
  const { signal = new AbortController().signal, troubles } = running;
  const work = workOf(running);
  const job = { tenantId: tenant, backfillId, troubles };
  try {
    return await work.work(job, 1, signal);
  } catch (error) {
    if (!work.permanent(error) || !(error instanceof Error)) throw error;
    await work.failed(job, error.message);
    return null;
  }
}

/** A log, and its lines. */
function logOf(): { log: Logger; lines: () => unknown[] } {
  const written: string[] = [];
  const log = createLogger("worker", "info", { write: (line) => void written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line)) };
}

const backfill = () => latestBackfill(store, tenant);
const contacts = () => rowsOf<{ email: string; name: string; username: string | null; attributes: object }>(store, tenant, "SELECT * FROM contacts WHERE tenant_id = $1");
const clerkIds = async () => (await rowsOf<{ external_id: string }>(
  store, tenant, "SELECT external_id FROM identities WHERE tenant_id = $1 AND provider = 'clerk' ORDER BY 1")).map((row) => row.external_id);
async function erase(clerkId: string): Promise<void> {
  for (const { id } of await rowsOf<{ id: string }>(store, tenant, `SELECT contact_id AS id FROM identities WHERE tenant_id = $1 AND external_id = '${clerkId}'`)) {
    await eraseContact(store, tenant, id, () => ({ isRead: false, ids: [], addresses: [] }));
  }
}
const idsUpTo = (count: number) => Array.from({ length: count }, (_, i) => clerkUserId(i));

describe("a backfill", () => {
  it("imports everybody, with what is public of them, and nothing else", async () => {
    await given({ users: 1_203 });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", total: 1_203, seen: 1_203, created: 1_203, updated: 0, skipped: 0, error: null });
    expect(await clerkIds()).toEqual(idsUpTo(1_203));
    const first = (await contacts()).find((contact) => contact.email === "person0@clerk.test");
    expect(first).toMatchObject({ name: "First0", username: "person0", attributes: { plan: "pro", seat: 0 } });
    expect(await rowsOf(store, tenant, "SELECT 1 FROM events WHERE tenant_id = $1")).toEqual([]);
    expect(await rowsOf(store, tenant, "SELECT contacts FROM connector_health WHERE tenant_id = $1 AND provider = 'clerk'")).toEqual([{ contacts: "1203" }]);
    const kept = await rowsOf<{ text: string }>(store, tenant, "SELECT i.facts::text || c.attributes::text AS text FROM identities i JOIN contacts c ON c.id = i.contact_id WHERE i.tenant_id = $1");
    expect(kept.some(({ text }) => text.includes(NEVER_KEEP))).toBe(false);
  });

  it("changes nothing when it runs again", async () => {
    await given({ users: 30 });
    await run();
    await begin();
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 30, created: 0, updated: 0, skipped: 30 });
  });

  it("asks each page from the last user on, in the order of sign-up", async () => {
    await given({ users: 600 });
    await run();
    expect(clerk.pageRequests.map(({ query }) => query)).toEqual([
      { limit: "500", order_by: "+created_at" },
      { limit: "500", order_by: "+created_at", starting_after: clerkUserId(499) },
      { limit: "500", order_by: "+created_at", starting_after: clerkUserId(599) },
      // That nobody comes after the last one is what Clerk may say of one who was deleted as well.
      { limit: "500", order_by: "+created_at", offset: "500" },
    ]);
  });

  it.each([true, false])("takes users of whom Clerk lists nothing but what is read (cursor: %s)", async (cursor) => {
    await given({ users: 603, cursor, listed: minimalClerkUser });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", total: 603, seen: 603, created: 603, skipped: 0 });
    expect(await clerkIds()).toEqual(idsUpTo(603));
    expect((await contacts()).find((contact) => contact.email === "person0@clerk.test")).toMatchObject({ name: "First0", attributes: { plan: "pro", seat: 0 } });
  });

  it.each([true, false])("skips and counts whom it can't read, wherever they stand (cursor: %s)", async (cursor) => {
    const unreadable = new Map<string, unknown>([0, 250, 499, 500, 602].map((nth, i) => [clerkUserId(nth), [null, "user", { id: 42 }, { id: "" }, []][i]]));
    await given({ users: 603, cursor, listed: (user) => (unreadable.has(user.id) ? unreadable.get(user.id) : user) });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 603, created: 598, skipped: 5 });
    expect(await clerkIds()).toEqual(idsUpTo(603).filter((id) => !unreadable.has(id)));
  });

  it("needs no count of the users", async () => {
    await given({ users: 3, counts: false });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", total: null, seen: 3 });
  });

  it.each([3, 1_203])("goes by offset where Clerk passes over the cursor without a word, with %d users", async (users) => {
    await given({ users, ignores: ["starting_after"] });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: users, created: users });
    expect(clerk.pageRequests.filter(({ query }) => query.starting_after !== undefined)).toHaveLength(1);
  });

  it("goes on without a count that is larger than any number of users", async () => {
    await given({ users: 3 });
    Object.defineProperty(clerk, "count", { value: 2 ** 31 });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", total: null, seen: 3 });
  });

  it("gives up where Clerk lists the same users whatever it is asked for", async () => {
    await given({ users: 600, ignores: ["starting_after", "offset"] });
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", seen: 500, error: expect.stringContaining("the same users on every page") });
  });

  it("goes by offset where Clerk takes no cursor", async () => {
    await given({ users: 1_203, cursor: false });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 1_203, created: 1_203 });
    expect(await clerkIds()).toEqual(idsUpTo(1_203));
    expect(clerk.pageRequests.filter(({ status }) => status === 422)).toHaveLength(1);
  });

  it.each([true, false])("misses nobody when users sign up and others are deleted meanwhile (cursor: %s)", async (cursor) => {
    await given({ users: 1_700, cursor });
    clerk.beforePage = (page) => {
      if (page === 2) for (let i = 100; i < 320; i++) clerk.remove(clerkUserId(i));
      // The very user to go on after.
      if (page === 2) clerk.remove(clerkUserId(999));
      if (page > 0 && page < 5) clerk.add();
    };
    await run();
    expect(await backfill()).toMatchObject({ status: "done" });
    expect(clerk.ids).toHaveLength(1_483);
    expect(await clerkIds()).toEqual(expect.arrayContaining([...clerk.ids]));
  });

  it("misses nobody where Clerk says that nobody comes after a user who was deleted meanwhile", async () => {
    await given({ users: 1_700, refusesUnknown: false });
    clerk.beforePage = (page) => {
      if (page === 2) clerk.remove(clerkUserId(999));
    };
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 1_700, created: 1_700 });
    expect(await clerkIds()).toEqual(idsUpTo(1_700));
  });

  it("never overwrites what a newer webhook wrote, and is not overwritten by an older one", async () => {
    await given({ users: 2 });
    const listedAt = Date.UTC(2024, 0, 1);
    const told = (seed: string, at: number, name: string, externalId: string) =>
      recorder.record(sampleJob(tenant, "clerk", "user.updated", { seed, at, person: { externalId, name } }));
    await told("newer", listedAt + 3_600_000, "Newer Name", clerkUserId(0));
    await run();
    await told("older", listedAt - 3_600_000, "Older Name", clerkUserId(1));
    expect((await contacts()).map((contact) => contact.name).sort()).toEqual(["First1 Last1", "Newer Name"]);
  });

  it.each(["before", "after"])("leaves the last word on a change that both tell of to the webhook, which comes %s it", async (when) => {
    await given({ users: 0 });
    const { id, updated_at: at } = clerk.add({ first_name: "Listed" });
    const told = sampleJob(tenant, "clerk", "user.updated", { at, person: { externalId: id, name: "Told" } });
    if (when === "before") await recorder.record(told);
    await run();
    if (when === "after") await recorder.record(told);
    expect((await contacts()).map(({ name }) => name)).toEqual(["Told"]);
  });

  it("resurrects nobody who was deleted", async () => {
    await given({ users: 1 });
    await recorder.record(sampleJob(tenant, "clerk", "user.deleted", { at: Date.UTC(2026, 0, 1), person: { externalId: clerkUserId(0) } }));
    await run();
    expect(await rowsOf(store, tenant, "SELECT deactivated_at FROM contacts WHERE tenant_id = $1")).toEqual([{ deactivated_at: new Date(Date.UTC(2026, 0, 1)) }]);
  });

  it.each([0, 1])("brings nobody back who is deleted and erased while page %s, which lists them, is in hand", async (nth) => {
    await given({ users: 1_200 });
    const gone = clerkUserId(500 * nth + 42);
    await recorder.record(sampleJob(tenant, "clerk", "user.updated", { at: Date.UTC(2024, 0, 1), person: { externalId: gone } }));
    let page = 0;
    await run({
      beforeWrite: async () => {
        if (page++ !== nth) return;
        clerk.remove(gone);
        await erase(gone);
      },
    });
    expect(await backfill()).toMatchObject({ status: "done", seen: 1_199 });
    expect(await clerkIds()).toEqual([...clerk.ids]);
  });

  it("joins those whom a billing provider brought already", async () => {
    await given({ users: 2 });
    await recorder.record(sampleJob(tenant, "polar", "order.paid", { person: { email: "person1@clerk.test" } }));
    await run();
    expect(await backfill()).toMatchObject({ created: 1, updated: 1 });
    expect(await contacts()).toHaveLength(2);
  });

  it("takes users whose names no database can hold", async () => {
    await given({ users: 1 });
    clerk.add({ first_name: "A\0da\ud800", public_metadata: { "k\0ey": "v\0alue" } });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 2, created: 2 });
  });
});

describe("when Clerk makes trouble", () => {
  it("a wrong key fails at once, with a reason that says what to do", async () => {
    await given({ users: 5 }, "sk_test_wrong");
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("Paste the instance's secret key") });
    expect(clerk.pageRequests).toHaveLength(1);
  });

  it("a key that may not list users fails at once as well, and is blamed for it", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 403 });
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("refuses the API key") });
    expect(clerk.pageRequests).toHaveLength(1);
  });

  it("a key that can't be opened any more ends the backfill in words, and the same key pasted again begins one that works", async () => {
    await given({ users: 5 });
    const before = openStore({ databaseUrl: database.url, keyring: readKeyring(Buffer.alloc(32, 9).toString("base64")) });
    await saveIntegration(before, tenant, "clerk", { apiKey: "sk_test_fake" }).finally(() => before.close());
    await begin();
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("Paste it again") });
    expect(clerk.pageRequests).toEqual([]);
    await saveIntegration(store, tenant, "clerk", { apiKey: "sk_test_fake" });
    await begin();
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 5 });
  });

  it.each([429, 503, 500, 403])("Clerk is asked no sooner than Retry-After says, and the backfill shows that it waits (status %d)", async (status) => {
    await given({ users: 700 });
    clerk.trouble({ status, retryAfter: 1 });
    let shown: string | undefined;
    clerk.beforePage = async (page) => {
      if (page === 1) shown = (await backfill())?.status;
    };
    await run();
    expect(clerk.pageRequests.map((request) => request.status)).toEqual([status, 200, 200, 200, 200]);
    expect(shown).toBe("waiting");
    expect(await backfill()).toMatchObject({ status: "done", seen: 700 });
  });

  it.each([
    ["fails", { status: 503 }],
    ["says slow down without saying for how long", { status: 429 }],
    ["cuts the connection", "drop"],
    ["never answers", "hang"],
  ] as const)("a page that %s is asked for again", async (_what, trouble) => {
    await given({ users: 700 });
    clerk.trouble(trouble, trouble);
    await run({ pageTimeoutMs: 200 });
    expect(await backfill()).toMatchObject({ status: "done", seen: 700 });
  });

  it("the backfill gives up after too many failures in a row, in words", async () => {
    await given({ users: 5 });
    clerk.trouble(...Array.from({ length: 4 }, () => ({ status: 502 })));
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("HTTP status 502") });
  });

  it("being told to slow down is no failure, and ends a row of them", async () => {
    await given({ users: 5 });
    const [slowDown, down] = [{ status: 429 }, { status: 502 }];
    clerk.trouble(slowDown, slowDown, slowDown, down, "drop", down, slowDown, down, "drop", down);
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 5 });
  });

  it("being told to slow down first leaves as many tries as ever, and no more", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 429 }, ...Array.from({ length: 4 }, () => ({ status: 502 })));
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("HTTP status 502") });
    expect(clerk.pageRequests.map(({ status }) => status)).toEqual([429, 502, 502, 502, 502]);
  });

  it("being told when to come again is no failure, whatever the status", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 503, retryAfter: 60 });
    expect(await run({ troubles: { waits: 3, failures: 3 } })).toEqual({ waitMs: 60_000, troubles: { waits: 4, failures: 0 } });
    expect(await backfill()).toMatchObject({ status: "waiting" });
  });

  it("the failures before a rest count on after it", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 502 });
    await run({ troubles: { waits: 3, failures: 3 } });
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("HTTP status 502") });
  });

  it("an answer that is no list of users is told as that", async () => {
    await given({ users: 5 });
    clerk.trouble(...Array.from({ length: 4 }, () => ({ status: 200, text: "<html>maintenance</html>" })));
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("no list of users") });
  });

  it("a whole page of people who can't be read is told as that", async () => {
    await given({ users: 501, listed: () => null });
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("no list of users") });
  });

  it("a page of something else is asked for again", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 200, text: "<html>maintenance</html>" }, { status: 200 });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 5 });
  });

  it("a Clerk that can't be reached is told by what keeps it from that, to people and in the log", async () => {
    await given({ users: 5 });
    const { log, lines } = logOf();
    const work = workOf({ log });
    await clerk.close();
    await expect(work.work({ tenantId: tenant, backfillId }, 1, new AbortController().signal)).rejects.toThrow();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("ECONNREFUSED") });
    expect(lines()).toContainEqual(expect.objectContaining({ msg: "the backfill waits for Clerk", reason: "ECONNREFUSED" }));
  });

  it("a Clerk that never answers is told as that", async () => {
    await given({ users: 5 });
    clerk.trouble("hang", "hang", "hang", "hang");
    await run({ pageTimeoutMs: 50 });
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("it gave no answer in time") });
  });

  it("a request that Clerk refuses is not repeated", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 410 });
    await run();
    expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("410") });
  });
});

it.each(["failed with 57014", "job stalled more than allowable limit"])("a backfill that is given up because it %s says so in words, and the log why", async (reason) => {
  await given({ users: 5 });
  const { log, lines } = logOf();
  await workOf({ log }).failed({ tenantId: tenant, backfillId }, reason);
  expect(await backfill()).toMatchObject({ status: "failed", error: expect.stringContaining("Start the import again") });
  expect((await backfill())?.error).not.toContain(reason);
  expect(lines()).toContainEqual(expect.objectContaining({ backfillId, reason }));
});

describe("a backfill that is stopped", () => {
  it("by a cancelation ends after the page in hand", async () => {
    await given({ users: 5_000 });
    clerk.beforePage = async (page) => {
      if (page === 2) await cancelBackfill(store, tenant);
    };
    await run();
    expect(await backfill()).toMatchObject({ status: "canceled", seen: 1_000 });
    expect(clerk.pageRequests).toHaveLength(3);
    await begin();
  });

  it("by a cancelation while it rests asks nobody when its time has come", async () => {
    await given({ users: 5 });
    clerk.toldToWait.set(clerk.secretKey, 3_600);
    expect(await run()).toMatchObject({ waitMs: 3_600_000 });
    expect(await backfill()).toMatchObject({ status: "waiting", isHeldUp: true });
    const asked = clerk.requests.length;
    await cancelBackfill(store, tenant);
    expect(await run()).toBeNull();
    expect(clerk.requests).toHaveLength(asked);
    expect(await backfill()).toMatchObject({ status: "canceled" });
  });

  it("by Clerk until a date rests for as long as that takes", async () => {
    await given({ users: 5 });
    clerk.toldToWait.set(clerk.secretKey, new Date(Date.now() + 60_000).toUTCString());
    const { waitMs = 0 } = (await run()) ?? {};
    expect([waitMs > 50_000, waitMs <= 60_000]).toEqual([true, true]);
  });

  it("by Clerk for long rests, and goes on at the page after the last one written", async () => {
    await given({ users: 1_200 });
    clerk.beforePage = async (page) => {
      if (page !== 1) return;
      await eventually(() => clerk.requests.filter(({ path }) => path === "/v1/users/count").length, (counted) => counted === 2);
      clerk.toldToWait.set(clerk.secretKey, 60);
    };
    expect(await run()).toMatchObject({ waitMs: 60_000 });
    expect(await backfill()).toMatchObject({ status: "waiting", seen: 1_000 });
    clerk.toldToWait.clear();
    expect(await run()).toBeNull();
    expect(await backfill()).toMatchObject({ status: "done", seen: 1_200, created: 1_200 });
    expect(clerk.pageRequests.map(({ query }) => query.starting_after)).toEqual([undefined, 499, 999, 999, 1_199, undefined].map((last) => last && clerkUserId(last)));
  });

  it("by a cancelation while it waits ends without waiting to the end", async () => {
    await given({ users: 5 });
    clerk.trouble({ status: 429, retryAfter: 5 });
    const running = run();
    clerk.beforePage = () => undefined;
    while ((await backfill())?.status !== "waiting" || clerk.pageRequests[0]?.status !== 429) await new Promise(setImmediate);
    await cancelBackfill(store, tenant);
    await running;
    expect(await backfill()).toMatchObject({ status: "canceled", seen: 0 });
    expect(clerk.pageRequests).toHaveLength(1);
  });

  it("by a cancelation ends also where Clerk says slow down without end, for no time at all", async () => {
    await given({ users: 5 });
    clerk.trouble(...Array.from({ length: 2_000 }, () => ({ status: 429, retryAfter: 0 })));
    const running = run();
    await eventually(() => clerk.pageRequests.length, (asked) => asked > 0);
    await cancelBackfill(store, tenant);
    await running;
    expect(await backfill()).toMatchObject({ status: "canceled", seen: 0 });
    expect(clerk.pageRequests.every(({ status }) => status !== 200)).toBe(true);
  });

  it("by the process resumes at the page after the last one written", async () => {
    await given({ users: 1_600 });
    const stop = new AbortController();
    clerk.beforePage = (page) => {
      if (page === 2) stop.abort();
    };
    await expect(run({ signal: stop.signal })).rejects.toThrow();
    expect(await loadBackfill(store, backfillId)).toMatchObject({ status: "running", seen: 1_000 });
    await run();
    expect(await backfill()).toMatchObject({ status: "done", seen: 1_600, created: 1_600 });
    expect(clerk.pageRequests.at(3)?.query).toMatchObject({ starting_after: clerkUserId(999) });
  });

  it("counts no page twice when two processes have its job for a moment", async () => {
    await given({ users: 2_000 });
    await Promise.all([run(), run()]);
    expect(await backfill()).toMatchObject({ status: "done", seen: 2_000, created: 2_000, updated: 0, skipped: 0 });
  });
});

describe("an API key that changes while its import runs", () => {
  /** Runs the import of 5,000 users and does `change` before the third page, whose number is 2. */
  async function runWhile(change: () => Promise<unknown>): Promise<void> {
    await given({ users: 5_000 });
    clerk.beforePage = async (page) => {
      if (page === 2) await change();
    };
    await run();
  }
  const paste = (apiKey: string | null) => saveIntegration(store, tenant, "clerk", { apiKey });

  it("ends the import where it is taken away, and the page in hand is not written", async () => {
    await runWhile(() => paste(null));
    expect(await backfill()).toMatchObject({ id: backfillId, status: "canceled", seen: 1_000 });
    expect(clerk.pageRequests).toHaveLength(3);
  });

  it("begins the import anew with the other instance's users where another one is pasted", async () => {
    const other = await startFakeClerk({ users: 7, secretKey: "sk_test_other" });
    try {
      await runWhile(() => paste("sk_test_other"));
      expect(await loadBackfill(store, backfillId)).toMatchObject({ status: "canceled", seen: 1_000 });
      expect(await backfill()).toMatchObject({ status: "waiting", seen: 0, total: null });
      await clerk.close();
      clerk = other;
      await begin();
      await run();
      expect(await backfill()).toMatchObject({ id: backfillId, status: "done", seen: 7, total: 7 });
      expect(other.pageRequests[0]?.query.starting_after).toBeUndefined();
    } finally {
      await other.close();
    }
  });

  it("blames nobody for the old one where it was replaced and then revoked", async () => {
    const fresh = "sk_test_rotated";
    await given({ users: 600 });
    clerk.beforePage = async (page) => {
      if (page === 0) await paste(fresh);
      clerk.secretKey = fresh;
    };
    // What the old key is answered after the change says nothing about the new one.
    clerk.trouble({ status: 401 });
    await run();
    expect(await loadBackfill(store, backfillId)).toMatchObject({ status: "canceled", error: null });
    await begin();
    await run();
    expect(await backfill()).toMatchObject({ id: backfillId, status: "done", seen: 600 });
  });

  it("changes nothing where the same one is pasted again", async () => {
    await runWhile(() => paste(clerk.secretKey));
    expect(await backfill()).toMatchObject({ id: backfillId, status: "done", seen: 5_000 });
  });
});
