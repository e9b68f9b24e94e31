import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectors, DATA_KEYS, ENVELOPE_DATA_KEYS, PROVIDERS, type Connector, type EventType, type Provider } from "@mara/connectors";
import type { Event } from "../support/contract.ts";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";

/**
 * `answer` is ingest's; `becomes` what is recorded where nothing is known of the one that it is about. `contact`: no event,
 * but whom it is about is known from it. `nothing`: nothing.
 */
interface Expected {
  readonly answer: "queued" | "ignored";
  readonly becomes: EventType | "contact" | "nothing";
}

const recorded = (becomes: EventType): Expected => ({ answer: "queued", becomes });
const contact: Expected = { answer: "ignored", becomes: "contact" };
const nothing: Expected = { answer: "ignored", becomes: "nothing" };

/** What the product promises, written out, so that no table can change it unnoticed. Of other providers their tables are believed. */
const PROMISED: Readonly<Partial<Record<Provider, Readonly<Record<string, Expected>>>>> = {
  stripe: {
    "customer.subscription.created": recorded("subscription-started"),
    "customer.subscription.created:trial": recorded("subscription-started"),
    "customer.subscription.updated": recorded("subscription-upgraded"),
    "customer.subscription.updated:trial-converted": recorded("trial-converted"),
    "customer.subscription.updated:more-seats": recorded("subscription-upgraded"),
    "customer.subscription.updated:yearly": recorded("subscription-upgraded"),
    "customer.subscription.updated:downgraded": contact,
    "customer.subscription.updated:renewed": contact,
    "customer.subscription.updated:metadata": contact,
    "customer.subscription.deleted": recorded("subscription-canceled"),
    "customer.subscription.deleted:business": recorded("subscription-canceled"),
    "invoice.payment_failed": recorded("payment-failed"),
    "invoice.payment_failed:second-attempt": recorded("payment-failed"),
    "invoice.payment_failed:before-basil": recorded("payment-failed"),
    "invoice.payment_succeeded": recorded("payment-recovered"),
    "invoice.payment_succeeded:by-hand": contact,
    "invoice.payment_succeeded:first-attempt": contact,
    "charge.refunded": recorded("refund-issued"),
    "charge.refunded:rest": recorded("refund-issued"),
    "checkout.session.completed": recorded("purchase"),
    "checkout.session.completed:guest": recorded("purchase"),
    "checkout.session.completed:unpaid": contact,
    "checkout.session.completed:subscription": contact,
    "checkout.session.async_payment_succeeded": recorded("purchase"),
    "customer.created": nothing,
    "payment_intent.succeeded": nothing,
    "charge.succeeded": nothing,
    "v1.customer.subscription.updated": nothing,
  },
  polar: {
    "subscription.created": recorded("subscription-started"),
    "subscription.active": recorded("trial-converted"),
    // A renewal by the table; that it ended the trial only its history can tell.
    "subscription.cycled": { answer: "ignored", becomes: "trial-converted" },
    "subscription.updated": contact,
    "subscription.upgraded": recorded("subscription-upgraded"),
    "subscription.past_due": recorded("payment-failed"),
    "subscription.recovered": recorded("payment-recovered"),
    "subscription.canceled": recorded("subscription-canceled"),
    "subscription.canceled:business": recorded("subscription-canceled"),
    "subscription.uncanceled": contact,
    "subscription.uncanceled:business": contact,
    "subscription.revoked": recorded("subscription-canceled"),
    "subscription.revoked:business": recorded("subscription-canceled"),
    "order.paid": recorded("purchase"),
    "order.refunded": recorded("refund-issued"),
    "order.created": nothing,
    "customer.created": nothing,
  },
  clerk: {
    "user.created": recorded("user.created"),
    "user.updated": contact,
    "user.deleted": recorded("user.deleted"),
    "session.created": nothing,
    "organization.created": nothing,
    "subscription.created": nothing,
  },
};

function expectedOf(provider: Provider): Readonly<Record<string, Expected>> {
  const { samples, read, normalise }: Connector = connectors[provider];
  const byTable = Object.entries(samples).map(([name, make]): [string, Expected] => {
    const { table, facts } = normalise(read({ ...make({ at: Date.now(), seed: "table" }), receivedAt: Date.now() }));
    const [decided] = facts?.decide(null).moments ?? [];
    return [name, { answer: table.kind === "moment" ? "queued" : "ignored", becomes: decided?.type ?? (facts ? "contact" : "nothing") }];
  });
  return PROMISED[provider] ?? Object.fromEntries(byTable);
}

const SUBSCRIPTION = ["subscriptionId", "status", "plan", "amount", "currency", "interval", "intervalCount"];

/** Those keys of `data` that the providers of the product's promise tell of each moment. */
const ALWAYS: Readonly<Record<EventType, readonly string[]>> = {
  "subscription-started": SUBSCRIPTION,
  "trial-converted": [...SUBSCRIPTION, "trialEnd"],
  "subscription-upgraded": SUBSCRIPTION,
  "subscription-canceled": [...SUBSCRIPTION, "canceledAt", "endsAt", "reason"],
  "payment-failed": ["amount", "currency"],
  "payment-recovered": ["amount", "currency"],
  "refund-issued": ["amount", "refundedTotal", "currency", "full"],
  purchase: ["amount", "currency"],
  "user.created": ["userId"],
  "user.deleted": ["userId"],
};

/** What an event can be about: each names one at least. */
const SUBJECTS = ["subscriptionId", "invoiceId", "chargeId", "checkoutId", "orderId", "userId"];

let pipeline: Pipeline;
let tenant: PipelineTenant;

beforeAll(async () => {
  pipeline = await openPipeline();
  tenant = await pipeline.tenant();
});
afterAll(() => pipeline.close());

function expectData({ type, provider, data }: Event): void {
  const always = provider in PROMISED ? ALWAYS[type] : [];
  expect(Object.keys(data)).toEqual(expect.arrayContaining([...always, ...(provider === "stripe" ? ["livemode"] : [])]));
  expect([...DATA_KEYS[type], ...ENVELOPE_DATA_KEYS]).toEqual(expect.arrayContaining(Object.keys(data)));
  expect(SUBJECTS.filter((key) => key in data)).not.toEqual([]);
  if ("amount" in data) expect(Number.isInteger(data.amount)).toBe(true);
}

describe.each(PROVIDERS)("%s", (provider) => {
  it("has an expectation for each of its samples", () => {
    expect(Object.keys(expectedOf(provider)).sort()).toEqual(Object.keys(connectors[provider].samples).sort());
  });

  it.each(Object.entries(expectedOf(provider)))("%s comes out as promised", async (name, { answer, becomes }) => {
    const sample = sampleOf(provider, name, { at: Date.now(), seed: name.replaceAll(/\W/g, "") });
    const answered = await tenant.send(provider, sample);
    expect(answered.status).toBe(200);
    expect(answered.body).toEqual(answer === "queued" ? { status: "queued" } : { status: "ignored", reason: expect.any(String) });

    const delivery = await eventually(
      async () => (await pipeline.api.deliveries(tenant.id, `provider=${provider}`)).find((each) => each.providerEventId === sample.id),
      (seen) => seen !== undefined && seen.outcome !== "queued",
    );
    const events = (await pipeline.api.events(tenant.id, `provider=${provider}`)).filter((event) => event.providerEventId === sample.id);

    expect(delivery?.providerEventType).toBe(sample.type);
    // What is worth nothing ends at the door.
    expect(delivery?.processedAt === null).toBe(becomes === "nothing");
    if (becomes === "contact" || becomes === "nothing") {
      expect(events).toEqual([]);
      expect(delivery).toMatchObject({ outcome: "ignored", reason: expect.any(String), eventId: null });
      expect(delivery?.contactId === null).toBe(becomes === "nothing");
    } else {
      expect(events).toEqual([expect.objectContaining({ type: becomes, providerEventType: sample.type, repeatOf: null, contactId: delivery?.contactId })]);
      expect(delivery).toMatchObject({ outcome: "processed", reason: null, eventId: events[0]?.id, contactId: expect.any(String) });
      for (const event of events) expectData(event);
    }
  });
});
