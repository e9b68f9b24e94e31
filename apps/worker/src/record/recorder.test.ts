import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { UnreadableEvent } from "@mara/connectors";
import type { EventJob } from "@mara/queue";
import { eraseContact, openStore, type Store } from "@mara/store";
import { eventually } from "../../../../test/support/eventually.ts";
import { again, jobWith, polarRecovery, reworded, sampleJob, T0 } from "../../test/deliveries.ts";
import { keyring, newTenant, rowsOf, testLog, testStore } from "../../test/store.ts";
import { createPatience } from "./patience.ts";
import { createRecorder, UnknownTenant, Unrecordable, type Recorder } from "./recorder.ts";

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
/** As of several processes. */
let recorders: readonly Recorder[];
let recorder: Recorder;
let others: readonly Store[];
let tenant: string;

beforeAll(async () => {
  database = await testStore();
  store = database.store;
  others = [1, 2].map(() => openStore({ databaseUrl: database.url, keyring }));
  const { log } = testLog();
  recorders = [store, ...others].map((each) => createRecorder({ store: each, log, patience: createPatience(log) }));
  [recorder] = recorders as [Recorder];
});
afterAll(async () => {
  await Promise.all(others.map((other) => other.close()));
  await database.close();
});
beforeEach(async () => {
  tenant = await newTenant(store);
});

/** Hands jobs to the recorders of all processes in turn, all at once. */
function recordAll(jobs: readonly EventJob[]): Promise<string[]> {
  return Promise.all(jobs.map((job, i) => (recorders[i % recorders.length] ?? recorder).record(job)));
}

const ada = { email: "ada@x.io", name: "Ada", externalId: "user_ada" };

const contacts = () => rowsOf<{ id: string; email: string | null; name: string | null; attributes: object; deactivated_at: Date | null }>(
  store, tenant, "SELECT * FROM contacts WHERE tenant_id = $1 ORDER BY created_at, id");
const events = () => rowsOf<{ seq: string; id: string; type: string; provider_event_id: string; contact_id: string | null; signup: boolean; repeat_of: string | null; data: Record<string, unknown> }>(
  store, tenant, "SELECT * FROM events WHERE tenant_id = $1 ORDER BY seq");
const deliveries = () => rowsOf<{ id: string; outcome: string; reason: string | null; event_id: string | null; contact_id: string | null; via: string | null }>(
  store, tenant, "SELECT * FROM deliveries WHERE tenant_id = $1 ORDER BY id");
const counts = async () => Object.fromEntries((await rowsOf<{ outcome: string; count: string }>(
  store, tenant, "SELECT outcome, sum(count) AS count FROM delivery_counts WHERE tenant_id = $1 GROUP BY 1 HAVING sum(count) <> 0")).map((row) => [row.outcome, Number(row.count)]));
const health = async (provider: string) => (await rowsOf<{ provider: string; contacts: string; last_activity_at: Date; last_event_type: string; last_problem: string | null }>(
  store, tenant, "SELECT * FROM connector_health WHERE tenant_id = $1")).find((row) => row.provider === provider);
const payloads = () => rowsOf<{ delivery_id: string; body: string }>(store, tenant, "SELECT * FROM payloads WHERE tenant_id = $1");

describe("a delivery that becomes an event", () => {
  it("leaves the event, its contact, its delivery with the body, and the figures of the hour", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    expect(await recorder.record(job)).toBe("processed");
    const [contact] = await contacts();
    const [event] = await events();
    expect(contact).toMatchObject({ email: "ada@x.io", name: "Ada" });
    expect(event).toMatchObject({ seq: "1", type: "user.created", provider_event_id: job.eventId, contact_id: contact?.id, repeat_of: null });
    expect(await deliveries()).toMatchObject([{ id: job.deliveryId, outcome: "processed", event_id: event?.id, contact_id: contact?.id, via: "app:user_ada" }]);
    expect(await payloads()).toMatchObject([{ delivery_id: job.deliveryId, body: job.body }]);
    expect(await counts()).toEqual({ processed: 1 });
    expect(await health("clerk")).toMatchObject({ contacts: "1", last_activity_at: new Date(T0), last_event_type: "user.created" });
  });

  it("is signed up by where its integration says so", async () => {
    await store.pool.query("INSERT INTO integrations (tenant_id, provider, signup_event) VALUES ($1, 'clerk', 'user.created')", [tenant]);
    await recorder.record(sampleJob(tenant, "clerk", "user.created", { person: ada }));
    expect(await events()).toMatchObject([{ type: "user.created", signup: true }]);
  });

  it("numbers a tenant's events without gaps, whichever process records them", async () => {
    await recordAll(Array.from({ length: 60 }, (_, i) => sampleJob(tenant, "polar", "order.paid", { seed: `p${i}` })));
    expect((await events()).map((event) => event.seq)).toEqual(Array.from({ length: 60 }, (_, i) => String(i + 1)));
  });

  it("survives characters that Postgres can't hold", async () => {
    const job = reworded(sampleJob(tenant, "polar", "order.paid", { person: { ...ada, name: "Ada" } }), (body) =>
      body.replaceAll('"Ada"', '"A\\u0000d\\ud800a"'));
    expect(await recorder.record(job)).toBe("processed");
    expect((await payloads())[0]?.body).toBe(job.body);
  });
});

describe("a customer that is linked to another user", () => {
  it("leaves behind what was bought for the user who was named then, and goes on with what follows", async () => {
    const bob = { email: "bob@x.io", name: "Bob", externalId: "user_bob" };
    for (const person of [ada, bob]) await recorder.record(sampleJob(tenant, "clerk", "user.created", { person, seed: person.name }));
    const customer = { email: "accounts@x.io", externalId: "cust_org" };
    await recorder.record(sampleJob(tenant, "polar", "order.paid", { person: { ...customer, appId: "user_ada" } }));
    await recorder.record(sampleJob(tenant, "polar", "subscription.created", { person: { ...customer, appId: "user_bob" }, at: T0 + 1_000 }));
    await recorder.record(sampleJob(tenant, "polar", "subscription.past_due", { person: customer, at: T0 + 2_000 }));
    const nameOf = new Map((await contacts()).map(({ id, name }) => [id, name]));
    expect((await events()).map(({ type, contact_id }) => [type, nameOf.get(contact_id ?? "")])).toEqual([
      ["user.created", "Ada"],
      ["user.created", "Bob"],
      ["purchase", "Ada"],
      ["subscription-started", "Bob"],
      ["payment-failed", "Bob"],
    ]);
  });
});

describe("a job that runs twice", () => {
  it.each([
    ["after it became an event", "clerk", "user.created", "processed"],
    ["after it was ignored", "clerk", "user.updated", "ignored"],
  ] as const)("%s has its effects once, and its delivery keeps what it says", async (_when, provider, type, outcome) => {
    const job = sampleJob(tenant, provider, type, { person: ada });
    expect([await recorder.record(job), await recorder.record(job)]).toEqual([outcome, outcome]);
    expect(await deliveries()).toMatchObject([{ outcome }]);
    expect(await counts()).toEqual({ [outcome]: 1 });
    expect((await health("clerk"))?.contacts).toBe("1");
    expect(await events()).toHaveLength(outcome === "processed" ? 1 : 0);
  });

  it("at the same time in several processes has its effects once", async () => {
    const job = sampleJob(tenant, "polar", "order.paid", { person: ada });
    await recordAll([job, job, job, job, job, job]);
    expect(await events()).toHaveLength(1);
    expect(await counts()).toEqual({ processed: 1 });
  });
});

describe("an event that is delivered again", () => {
  it("fifty times at once is recorded once, and the others are duplicates", async () => {
    const job = sampleJob(tenant, "polar", "order.paid", { person: ada });
    const outcomes = await recordAll([job, ...Array.from({ length: 49 }, () => again(job))]);
    expect(outcomes.filter((outcome) => outcome === "processed")).toHaveLength(1);
    expect(await counts()).toEqual({ processed: 1, duplicate: 49 });
    const [event] = await events();
    expect(await events()).toHaveLength(1);
    expect(new Set((await deliveries()).map((delivery) => `${delivery.event_id} ${delivery.contact_id}`))).toEqual(new Set([`${event?.id} ${event?.contact_id}`]));
  });

  it("is an event each time where its id says nothing", async () => {
    const job = sampleJob(tenant, "polar", "order.paid", { person: ada }, { dedupe: false });
    await recordAll([job, again(job), job]);
    expect(await events()).toHaveLength(2);
  });

  it("brings nobody back whose events were erased", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    await store.pool.query("INSERT INTO erased_events VALUES ($1, 'clerk', $2)", [tenant, job.eventId]);
    expect(await recorder.record(job)).toBe("ignored");
    expect(await recorder.record(again(job, { replay: true }))).toBe("ignored");
    expect(await contacts()).toEqual([]);
  });
});

describe("events that tell of one thing", () => {
  it("have exactly one first, however many processes record them at once", async () => {
    await recordAll([
      sampleJob(tenant, "polar", "subscription.created", { person: ada }),
      ...Array.from({ length: 20 }, (_, i) => reworded(sampleJob(tenant, "polar", "subscription.created", { person: ada }, { eventId: `other-${i}` }), (body) => body)),
    ]);
    const all = await events();
    const firsts = all.filter((event) => event.repeat_of === null);
    expect(all).toHaveLength(21);
    expect(firsts).toHaveLength(1);
    expect(new Set(all.filter((event) => event !== firsts[0]).map((event) => event.repeat_of))).toEqual(new Set([firsts[0]?.id]));
    expect(all[0]?.id).toBe(firsts[0]?.id);
  });

  it("go by receipt within a batch", async () => {
    const early = sampleJob(tenant, "polar", "subscription.created", { person: ada }, { receivedAt: T0 });
    const late = again(early, { eventId: "later", receivedAt: T0 + 1 });
    await Promise.all([recorder.record(late), recorder.record(early)]);
    expect(await events()).toMatchObject([{ provider_event_id: early.eventId, repeat_of: null }, { provider_event_id: "later" }]);
  });

  it("are known again for ten thousand things of one object: what is new after that is a first each time, and nothing grows", async () => {
    const started = sampleJob(tenant, "stripe", "customer.subscription.created");
    await recorder.record(started);
    await store.pool.query(
      `UPDATE subjects SET firsts = firsts || (SELECT jsonb_object_agg('upgraded to ' || n, gen_random_uuid()) FROM generate_series(2, 10000) n)
        WHERE tenant_id = $1`, [tenant]);
    const seats = sampleJob(tenant, "stripe", "customer.subscription.updated:more-seats");
    const alike = (job: EventJob, eventId: string) => again(reworded(job, (body) => body.replace(job.eventId, eventId)), { eventId });
    await recordAll([alike(started, "again"), seats, alike(seats, "more")]);
    const [first, ...others] = await events();
    expect(new Map(others.map((event) => [event.provider_event_id, event.repeat_of]))).toEqual(
      new Map([["again", first?.id], [seats.eventId, null], ["more", null]]));
    expect(await rowsOf(store, tenant, "SELECT count(*) FROM subjects, jsonb_object_keys(firsts) WHERE tenant_id = $1")).toEqual([{ count: "10000" }]);
  });

  it("counts a signup once", async () => {
    await store.pool.query("INSERT INTO integrations (tenant_id, provider, signup_event) VALUES ($1, 'clerk', 'user.created')", [tenant]);
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    await recordAll([job, again(job, { eventId: "msg_2" }), again(job, { eventId: "msg_3" })]);
    expect((await events()).filter((event) => event.signup)).toHaveLength(1);
  });
});

describe("a moment that only a later event brings out", () => {
  const recovery = () => polarRecovery(tenant, { person: ada, at: T0 + 2_000 }, { receivedAt: T0 });
  const failure = () => sampleJob(tenant, "polar", "subscription.past_due", { person: ada, at: T0 + 1_000 }, { receivedAt: T0 + 1 });

  it.each([
    ["in a batch of its own", async (jobs: EventJob[]) => { for (const job of jobs) await recorder.record(job); }],
    ["in the same batch", async (jobs: EventJob[]) => { await Promise.all(jobs.map((job) => recorder.record(job))); }],
  ])("is recorded, and the delivery that was ignored tells of it: %s", async (_how, record) => {
    const early = recovery();
    await record([early, failure()]);
    const all = await events();
    expect(all.map((event) => event.type).sort()).toEqual(["payment-failed", "payment-recovered"]);
    const recovered = all.find((event) => event.type === "payment-recovered");
    expect(recovered?.provider_event_id).toBe(early.eventId);
    expect((await deliveries()).find((delivery) => delivery.id === early.deliveryId)).toMatchObject({ outcome: "processed", event_id: recovered?.id, contact_id: recovered?.contact_id });
    expect(await counts()).toEqual({ processed: 2 });

    await recordAll([early, again(early), again(failure())]);
    expect(await events()).toHaveLength(2);
  });

  it.each([
    ["in a batch of its own", 1],
    ["in the same batch", 2],
  ])("is about whom its own delivery was about, who is erased with it, though one customer pays for several: %s", async (_how, size) => {
    const userOf = (n: number) => ({ email: `u${n}@x.io`, externalId: `user_${n}` });
    for (const n of [1, 2]) await recorder.record(sampleJob(tenant, "clerk", "user.created", { person: userOf(n), seed: `u${n}` }));
    const payerOf = (n: number) => ({ email: `u${n}@x.io`, externalId: "cust_org", appId: `user_${n}` });
    const early = polarRecovery(tenant, { person: payerOf(2), at: T0 + 2_000 }, { receivedAt: T0 });
    const late = sampleJob(tenant, "polar", "subscription.past_due", { person: payerOf(1), at: T0 + 1_000 }, { receivedAt: T0 + 1 });
    if (size === 2) await Promise.all([recorder.record(early), recorder.record(late)]);
    else for (const job of [early, late]) await recorder.record(job);

    const emailOf = new Map((await contacts()).map(({ id, email }) => [id, email]));
    expect(new Map((await events()).map(({ type, contact_id }) => [type, emailOf.get(contact_id ?? "")])).get("payment-recovered")).toBe("u2@x.io");
    const told = (await deliveries()).find(({ id }) => id === early.deliveryId);
    expect([told?.outcome, told?.via, emailOf.get(told?.contact_id ?? "")]).toEqual(["processed", "app:user_2", "u2@x.io"]);

    const second = (await contacts()).find(({ email }) => email === "u2@x.io");
    await eraseContact(store, tenant, second?.id ?? "", () => ({ isRead: true, ids: [], addresses: [] }));
    expect((await payloads()).filter(({ body }) => body.includes("u2@x.io"))).toEqual([]);
  });

  it("is not told where its own event was erased meanwhile, with whom it was about", async () => {
    const early = recovery();
    await recorder.record(early);
    await store.pool.query("INSERT INTO erased_events VALUES ($1, 'polar', $2)", [tenant, early.eventId]);
    await recorder.record(failure());
    expect((await events()).map(({ type }) => type)).toEqual(["payment-failed"]);
  });

  it("counts once where its event was delivered several times before", async () => {
    const early = recovery();
    for (const job of [early, again(early, { receivedAt: T0 + 1 }), again(early, { receivedAt: T0 + 2 }), failure()]) await recorder.record(job);
    expect(await counts()).toEqual({ processed: 2, duplicate: 2 });
    expect((await deliveries()).find((delivery) => delivery.id === early.deliveryId)?.outcome).toBe("processed");
  });
});

describe("two hundred deliveries for one new person at once", () => {
  it("make one contact, whatever its provider and process", async () => {
    const person = { ...ada, appId: ada.externalId };
    await recordAll(
      Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0
          ? sampleJob(tenant, "clerk", "user.updated", { seed: `c${i}`, person: ada })
          : sampleJob(tenant, "polar", "order.paid", { seed: `p${i}`, person: { email: person.email, name: "Ada" } })),
    );
    expect(await contacts()).toHaveLength(1);
    const [contact] = await contacts();
    expect(new Set((await deliveries()).map((delivery) => delivery.contact_id))).toEqual(new Set([contact?.id]));
    expect((await health("clerk"))?.contacts).toBe("1");
    expect((await health("polar"))?.contacts).toBe("1");
  });
});

describe("contacts that turn out to be one person", () => {
  it("become one: events, deliveries and figures move, and the old id leads to the new one", async () => {
    await recorder.record(sampleJob(tenant, "polar", "order.paid", { seed: "guest", person: { email: "a@x.io" } }));
    await recorder.record(sampleJob(tenant, "clerk", "user.created", { person: { externalId: "user_1", email: "b@x.io" } }));
    const [first, second] = await contacts();
    const both = await recorder.record(sampleJob(tenant, "clerk", "user.updated", { seed: "two", at: T0 + 5, person: { externalId: "user_1", email: "a@x.io" } }));
    expect(both).toBe("ignored");
    expect(await contacts()).toMatchObject([{ id: first?.id, email: "a@x.io" }]);
    expect(new Set((await events()).map((event) => event.contact_id))).toEqual(new Set([first?.id]));
    expect(new Set((await deliveries()).map((delivery) => delivery.contact_id))).toEqual(new Set([first?.id]));
    expect(await rowsOf(store, tenant, "SELECT old_id, contact_id FROM contact_redirects WHERE tenant_id = $1")).toEqual([{ old_id: second?.id, contact_id: first?.id }]);
    expect([(await health("clerk"))?.contacts, (await health("polar"))?.contacts]).toEqual(["1", "1"]);
  });

  it("take a duplicate of an earlier event along that came in the same batch", async () => {
    const order = sampleJob(tenant, "clerk", "user.created", { person: { externalId: "user_1", email: "b@x.io" } });
    await recorder.record(sampleJob(tenant, "polar", "order.paid", { seed: "guest", person: { email: "a@x.io" } }));
    await recorder.record(order);
    await Promise.all([
      recorder.record(again(order, { receivedAt: T0 + 1 })),
      recorder.record(sampleJob(tenant, "clerk", "user.updated", { seed: "two", at: T0 + 5, person: { externalId: "user_1", email: "a@x.io" } })),
    ]);
    const [only] = await contacts();
    expect(new Set((await deliveries()).map((delivery) => delivery.contact_id))).toEqual(new Set([only?.id]));
  });
});

describe("a batch with a bad one in it", () => {
  it("records the others: a tenant that does not exist fails alone", async () => {
    const good = Array.from({ length: 40 }, (_, i) => sampleJob(tenant, "polar", "order.paid", { seed: `p${i}` }));
    const stray = sampleJob("nobody", "polar", "order.paid");
    const outcomes = await Promise.allSettled([...good, stray].map((job) => recorder.record(job)));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(40);
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: expect.any(UnknownTenant) });
    await expect(recorder.fail(stray, "why")).rejects.toThrow(UnknownTenant);
  });

  it("records the others: what Postgres refuses fails alone, and says by which rule", async () => {
    const another = await newTenant(store);
    const job = sampleJob(tenant, "polar", "order.paid", { seed: "evil" });
    await store.pool.query(`ALTER TABLE events ADD CONSTRAINT no_evil CHECK (provider_event_id <> '${job.eventId}')`);
    const jobs = Array.from({ length: 40 }, (_, i) => sampleJob(i % 2 === 0 ? tenant : another, "polar", "order.paid", { seed: `p${i}` }));
    const outcomes = await Promise.allSettled([...jobs.slice(0, 17), job, ...jobs.slice(17)].map((each) => recorder.record(each)));
    await store.pool.query("ALTER TABLE events DROP CONSTRAINT no_evil");
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(40);
    expect(outcomes[17]).toMatchObject({ status: "rejected", reason: new Unrecordable("23514") });
    expect((await deliveries()).map((delivery) => delivery.id)).not.toContain(job.deliveryId);
  });

  it("refuses what can't be read before it reaches the others", async () => {
    const broken = jobWith(tenant, "clerk", { id: "msg_1", type: "user.created", body: '{"type":"user.created","data":{}}' });
    const [unreadable, good] = await Promise.allSettled([recorder.record(broken), recorder.record(sampleJob(tenant, "clerk", "user.created"))]);
    expect(unreadable).toMatchObject({ status: "rejected", reason: expect.any(UnreadableEvent) });
    expect(good).toMatchObject({ status: "fulfilled", value: "processed" });
  });
});

describe("a delivery that failed for good", () => {
  it("is kept with its reason and payload, and shows in the health", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    expect(await recorder.fail(job, "data.id is missing")).toBe("failed");
    expect(await recorder.fail(job, "data.id is missing")).toBe("failed");
    expect(await deliveries()).toMatchObject([{ outcome: "failed", reason: "data.id is missing", event_id: null }]);
    expect(await payloads()).toMatchObject([{ body: job.body }]);
    expect(await counts()).toEqual({ failed: 1 });
    expect(await health("clerk")).toMatchObject({ last_problem: "data.id is missing" });
  });

  it("is kept even where its texts hold what Postgres can't", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", {}, { requestId: "a\0b", eventType: "user\0", body: "no\0body" });
    expect(await recorder.fail(job, "why\0")).toBe("failed");
    expect(await deliveries()).toMatchObject([{ reason: "why", request_id: "ab", provider_event_type: "user" }]);
  });

  it("is processed when it is replayed, and counts once", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    await recorder.fail(job, "why");
    expect(await recorder.record({ ...job, replay: true })).toBe("processed");
    expect(await recorder.record({ ...job, replay: true })).toBe("processed");
    expect(await deliveries()).toMatchObject([{ outcome: "processed", reason: null, event_id: (await events())[0]?.id }]);
    expect(await counts()).toEqual({ processed: 1 });
    expect(await events()).toHaveLength(1);
  });

  it("says when it was processed first, however often it is replayed after that", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    const processedAt = () => rowsOf<{ processed_at: Date }>(store, tenant, "SELECT processed_at FROM deliveries WHERE tenant_id = $1");
    await recorder.fail(job, "why");
    const [failed] = await processedAt();
    await eventually(() => Date.now(), (now) => now > Number(failed?.processed_at));
    await recorder.record({ ...job, replay: true });
    const [first] = await processedAt();
    await eventually(() => Date.now(), (now) => now > Number(first?.processed_at));
    await recorder.record({ ...job, replay: true });
    expect(first?.processed_at).not.toEqual(failed?.processed_at);
    expect(await processedAt()).toEqual([first]);
  });

  it("stays a duplicate where its event was recorded by another, whatever a replay of it meets with", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    const twin = again(job);
    expect([await recorder.record(job), await recorder.record(twin)]).toEqual(["processed", "duplicate"]);
    expect(await recorder.fail({ ...twin, replay: true }, "it stalled")).toBe("duplicate");
    expect(await recorder.record(twin)).toBe("duplicate");
    expect(await counts()).toEqual({ processed: 1, duplicate: 1 });
    expect(await health("clerk")).toMatchObject({ last_problem: null });
  });

  it("stays processed where its event was recorded after all", async () => {
    const job = sampleJob(tenant, "clerk", "user.created", { person: ada });
    await recorder.record(job);
    expect(await recorder.fail(job, "it stalled")).toBe("processed");
    expect(await deliveries()).toMatchObject([{ outcome: "processed" }]);
    expect(await counts()).toEqual({ processed: 1 });
  });
});
