import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await openPipeline({ ingests: 2, workers: 2 });
});
afterAll(() => pipeline.close());

const AT = Date.now();
const PERSON = { email: "ada@example.com", name: "Ada Lovelace" };
const followed = z.object({ items: z.array(z.object({ providerEventId: z.string() })), resumeCursor: z.string() });
const statusOf = ({ body }: { body: unknown }) => (body as { status: string }).status;

/** Sends all at once, every other one to the other ingest. Answers what was answered. */
async function atOnce(tenant: PipelineTenant, deliveries: readonly (readonly ["stripe" | "polar" | "clerk", { id: string; body: string }])[]): Promise<string[]> {
  const answers = await Promise.all(deliveries.map(([provider, event], i) => tenant.send(provider, event, {}, i % 2)));
  return answers.map(statusOf);
}

describe.each([
  ["stripe", "checkout.session.completed"],
  ["polar", "order.paid"],
  ["clerk", "user.created"],
] as const)("of fifty redeliveries of %s at once", (provider, name) => {
  it("exactly one is queued, and one event is recorded", async () => {
    const tenant = await pipeline.tenant();
    const event = sampleOf(provider, name, { at: AT, seed: "fifty", person: PERSON });
    const answers = await atOnce(tenant, Array.from({ length: 50 }, () => [provider, event]));
    expect(answers.filter((answer) => answer === "queued")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "duplicate")).toHaveLength(49);
    await tenant.settled();
    expect(await pipeline.api.events(tenant.id)).toHaveLength(1);
    expect(await pipeline.api.contacts(tenant.id)).toHaveLength(1);
    expect(await pipeline.api.deliveries(tenant.id, "outcome=processed")).toHaveLength(1);
  });
});

describe("two hundred deliveries at once", () => {
  it("for one new person make one contact", async () => {
    const tenant = await pipeline.tenant();
    const events = Array.from({ length: 100 }, (_, i) => [
      ["polar", sampleOf("polar", "order.paid", { at: AT, seed: `order${i}`, person: { ...PERSON, externalId: "9c7a1f8e-0000-4000-8000-000000000001" } })],
      ["stripe", sampleOf("stripe", "checkout.session.completed:guest", { at: AT, seed: `guest${i}`, person: PERSON })],
    ] as const).flat();
    expect(new Set(await atOnce(tenant, events))).toEqual(new Set(["queued"]));
    await tenant.settled();
    const contacts = await pipeline.api.contacts(tenant.id);
    expect(contacts).toHaveLength(1);
    expect(contacts[0]).toMatchObject({ email: PERSON.email, identities: [{ provider: "polar", externalId: "9c7a1f8e-0000-4000-8000-000000000001" }] });
    const recorded = await pipeline.api.events(tenant.id);
    expect(recorded.map((event) => event.contactId)).toEqual(Array.from({ length: 200 }, () => contacts[0]?.id));
  });

  it("for two hundred people make two hundred", async () => {
    const tenant = await pipeline.tenant();
    const events = Array.from({ length: 200 }, (_, i) => ["clerk", sampleOf("clerk", "user.created", { at: AT, seed: `u${i}`, person: { email: `u${i}@example.com` } })] as const);
    await atOnce(tenant, events);
    await tenant.settled();
    expect(await pipeline.api.contacts(tenant.id)).toHaveLength(200);
    expect((await pipeline.api.integrations(tenant.id)).clerk.health).toMatchObject({ contacts: 200, last24h: { queued: 200 } });
  });

  it("that tell one thing over and over make one first and repeats of it", async () => {
    const tenant = await pipeline.tenant();
    // Each retry of an invoice is a new event of Stripe's.
    const events = Array.from({ length: 200 }, (_, i) => ["stripe", sampleOf("stripe", "invoice.payment_failed", { at: AT + i * 1_000, seed: "failing", person: PERSON })] as const);
    await atOnce(tenant, events);
    await tenant.settled();
    const recorded = await pipeline.api.events(tenant.id, "type=payment-failed");
    const [first, ...repeats] = recorded;
    expect(recorded).toHaveLength(200);
    expect(first?.repeatOf).toBeNull();
    expect(new Set(repeats.map((event) => event.repeatOf))).toEqual(new Set([first?.id]));
  });
});

describe("whoever reads the events while they are recorded", () => {
  it("misses none and sees none twice", async () => {
    const tenant = await pipeline.tenant();
    const seen: string[] = [];
    let from = "";
    const readOn = async () => {
      const { body } = await pipeline.api.ask("GET", `tenants/${tenant.id}/events?limit=7${from}`);
      const page = followed.parse(body);
      seen.push(...page.items.map((event) => event.providerEventId));
      from = `&cursor=${page.resumeCursor}`;
      return page.items.length;
    };
    const events = Array.from({ length: 150 }, (_, i) => ["polar", sampleOf("polar", "order.paid", { at: AT, seed: `read${i}` })] as const);
    let isSent = false;
    const sending = (async () => {
      for (let i = 0; i < events.length; i += 10) await atOnce(tenant, events.slice(i, i + 10));
      await tenant.settled();
      isSent = true;
    })();
    let early = 0;
    while (!isSent) early += await readOn();
    await sending;
    while ((await readOn()) > 0);
    expect(early).toBeGreaterThan(0);
    expect(seen.sort()).toEqual(events.map(([, { id }]) => id).sort());
  });
});
