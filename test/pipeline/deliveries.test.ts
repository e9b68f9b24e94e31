import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await openPipeline({ workers: 0 });
});
afterAll(() => pipeline.close());

const AT = Date.now();
const PERSON = { email: "ada@example.com", name: "Ada Lovelace" };
/** Signed and well-formed, but it lacks what its type promises: no order can be found in it. */
const BROKEN = { id: "msg_broken", body: JSON.stringify({ type: "order.paid", timestamp: new Date(AT).toISOString(), data: null }) };

const paid = (seed = "one") => sampleOf("polar", "order.paid", { at: AT, seed, person: PERSON });
const outcomesOf = async ({ id }: PipelineTenant) => (await pipeline.api.deliveries(id)).map(({ outcome }) => outcome);

/** Runs a worker for as long as `during` takes. */
async function withWorker<T>(during: () => Promise<T>): Promise<T> {
  await pipeline.startWorker();
  try {
    return await during();
  } finally {
    await pipeline.stopWorkers();
  }
}

describe("a delivery", () => {
  it("is listed as queued until a worker is done with it, and then as processed", async () => {
    const tenant = await pipeline.tenant();
    await tenant.send("polar", paid());
    const [queued] = await pipeline.api.deliveries(tenant.id);
    expect(queued).toMatchObject({ outcome: "queued", providerEventId: paid().id, providerEventType: "order.paid", reason: null, processedAt: null, eventId: null, contactId: null });
    expect((await pipeline.api.integrations(tenant.id)).polar.health).toMatchObject({ pending: 1, last24h: { queued: 1 } });

    await withWorker(() => tenant.settled());
    const [event] = await pipeline.api.events(tenant.id);
    expect(await pipeline.api.deliveries(tenant.id)).toEqual([
      { ...queued, outcome: "processed", processedAt: expect.any(String), eventId: event?.id, contactId: event?.contactId },
    ]);
    expect((await pipeline.api.integrations(tenant.id)).polar.health).toMatchObject({ pending: 0, last24h: { queued: 1 } });
  });

  it("that carries nothing but facts is listed as queued too, and then as ignored with the reason", async () => {
    const tenant = await pipeline.tenant();
    const answer = await tenant.send("clerk", sampleOf("clerk", "user.updated", { at: AT, seed: "facts", person: PERSON }));
    expect(await outcomesOf(tenant)).toEqual(["queued"]);
    await withWorker(() => tenant.settled());
    const [contact] = await pipeline.api.contacts(tenant.id);
    expect(await pipeline.api.deliveries(tenant.id)).toEqual([
      expect.objectContaining({ outcome: "ignored", reason: (answer.body as { reason: string }).reason, contactId: contact?.id, eventId: null }),
    ]);
    expect(contact?.email).toBe(PERSON.email);
  });

  it("that can't be understood fails once with its reason, is kept for replay, and holds nobody up", async () => {
    const tenant = await pipeline.tenant();
    expect((await tenant.send("polar", BROKEN)).body).toEqual({ status: "queued" });
    await tenant.send("polar", paid());
    await withWorker(() => tenant.settled());
    const [processed, failed] = await pipeline.api.deliveries(tenant.id);
    expect(processed?.outcome).toBe("processed");
    expect(failed).toMatchObject({ outcome: "failed", providerEventId: BROKEN.id, eventId: null, reason: expect.stringMatching(/data/) });
    expect((await pipeline.api.integrations(tenant.id)).polar.health).toMatchObject({ lastProblem: expect.any(String), last24h: { queued: 1, failed: 1 } });
    expect((await pipeline.store.pool.query("SELECT body FROM payloads WHERE delivery_id = $1", [failed?.id])).rows).toEqual([{ body: BROKEN.body }]);

    await pipeline.api.replay(tenant.id, failed?.id ?? "");
    await withWorker(() => tenant.settled());
    expect(await outcomesOf(tenant)).toEqual(["processed", "failed"]);
    expect((await pipeline.api.integrations(tenant.id)).polar.health.last24h).toMatchObject({ queued: 1, failed: 1 });
  });

  it("that comes again is listed as a duplicate, and each outcome can be asked for by itself", async () => {
    const tenant = await pipeline.tenant();
    await tenant.send("polar", paid());
    await tenant.send("polar", paid());
    await tenant.sendSample("polar", "order.created");
    await tenant.send("polar", { id: "msg_1", body: "hello" });
    await tenant.send("polar", BROKEN);
    const outcomes = await withWorker(() => eventually(() => outcomesOf(tenant), (seen) => seen.length === 5 && !seen.includes("queued")));
    expect(outcomes).toEqual(["failed", "rejected", "ignored", "duplicate", "processed"]);
    for (const outcome of outcomes) {
      expect((await pipeline.api.deliveries(tenant.id, `outcome=${outcome}`)).map((each) => each.outcome)).toEqual([outcome]);
    }
    expect(await pipeline.api.deliveries(tenant.id, "provider=stripe")).toEqual([]);
    expect((await pipeline.api.integrations(tenant.id)).polar.health.last24h).toEqual({ queued: 1, ignored: 1, duplicate: 1, rejected: 1, failed: 1 });
  });
});

describe("a replay", () => {
  it.each([
    ["processed", "order.paid", "polar"],
    ["ignored", "user.updated", "clerk"],
  ] as const)("of what was %s changes nothing", async (outcome, name, provider) => {
    const tenant = await pipeline.tenant();
    await tenant.send(provider, sampleOf(provider, name, { at: AT, seed: "replayed", person: PERSON }));
    const state = async () => ({
      deliveries: (await pipeline.api.deliveries(tenant.id)).map((delivery) => ({ ...delivery, processedAt: null })),
      events: await pipeline.api.events(tenant.id),
      contacts: (await pipeline.api.contacts(tenant.id)).map((contact) => ({ ...contact, updatedAt: null })),
      counts: (await pipeline.api.integrations(tenant.id))[provider].health.last24h,
    });
    await withWorker(async () => {
      await tenant.settled();
      const before = await state();
      expect(before.deliveries).toMatchObject([{ outcome }]);
      for (let time = 0; time < 3; time++) {
        await pipeline.api.replay(tenant.id, before.deliveries[0]?.id ?? "");
        await tenant.settled();
      }
      expect(await state()).toEqual(before);
    });
  });

  it("of what waits to be worked off has no effect of its own", async () => {
    const tenant = await pipeline.tenant();
    await tenant.send("polar", paid("waiting"));
    const [queued] = await pipeline.api.deliveries(tenant.id);
    await pipeline.api.ask("POST", `tenants/${tenant.id}/deliveries/${queued?.id}/replay`);
    await withWorker(() => tenant.settled());
    expect(await outcomesOf(tenant)).toEqual(["processed"]);
    expect(await pipeline.api.events(tenant.id)).toHaveLength(1);
  });

  it("of what leaves no body, or of another tenant's, is refused", async () => {
    const [tenant, other] = [await pipeline.tenant(), await pipeline.tenant()];
    await tenant.send("polar", { id: "msg_1", body: "hello" });
    const [rejected] = await withWorker(() => eventually(() => pipeline.api.deliveries(tenant.id), (seen) => seen.length === 1));
    expect((await pipeline.api.ask("POST", `tenants/${tenant.id}/deliveries/${rejected?.id}/replay`)).status).toBe(409);
    expect((await pipeline.api.ask("POST", `tenants/${other.id}/deliveries/${rejected?.id}/replay`)).status).toBe(404);
  });
});

describe("a contact that is erased", () => {
  it("is not brought back by redeliveries or replays, and what comes new makes a new one", async () => {
    const tenant = await pipeline.tenant();
    const life = [
      ["clerk", sampleOf("clerk", "user.created", { at: AT, seed: "erased", person: PERSON })],
      ["polar", paid("erased")],
      ["clerk", sampleOf("clerk", "user.updated", { at: AT + 1_000, seed: "erased", person: PERSON })],
    ] as const;
    for (const [provider, event] of life) await tenant.send(provider, event);
    await withWorker(async () => {
      await tenant.settled();
      const deliveries = await pipeline.api.deliveries(tenant.id);
      for (const { id } of await pipeline.api.contacts(tenant.id)) await pipeline.api.erase(tenant.id, id);
      expect(await pipeline.api.events(tenant.id)).toEqual([]);

      for (const [provider, event] of life) expect((await tenant.send(provider, event)).body).toEqual({ status: "duplicate" });
      for (const { id } of deliveries) {
        expect((await pipeline.api.ask("POST", `tenants/${tenant.id}/deliveries/${id}/replay`)).status).toBeGreaterThanOrEqual(404);
      }
      await tenant.settled();
      expect(await pipeline.api.contacts(tenant.id)).toEqual([]);
      expect(await pipeline.api.events(tenant.id)).toEqual([]);

      await tenant.send("polar", paid("afterwards"));
      await tenant.settled();
      expect(await pipeline.api.contacts(tenant.id, `email=${PERSON.email}`)).toHaveLength(1);
    });
  });
});
