import { describe, expect, it } from "@jest/globals";
import { eventOf, onDay, orderEvent, START, subscriptionEvent } from "../../test/polar-events.ts";
import { UnreadableEvent, type ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import type { EventType } from "../moments.ts";
import { normalise } from "./normalise.ts";
import { sampleId } from "./sample-shop.ts";

const TRIED = { trial_start: onDay(-14), trial_end: onDay(0) };
const UNTOLD = { trial_start: undefined, trial_end: undefined };

/** What the table alone makes of an event: the answer of the webhook. */
function tableOf(event: ProviderEvent): EventType | null {
  const { table } = normalise(event);
  return table.kind === "moment" ? table.type : null;
}

/** What an event becomes with no history. */
function outcomeOf(event: ProviderEvent): EventType | null {
  return normalise(event).facts?.decide(null).moments[0]?.type ?? null;
}

function dataOf(event: ProviderEvent) {
  return normalise(event).facts?.decide(null).moments[0]?.data;
}

describe("what becomes of a subscription's event, where nothing else is known", () => {
  it.each<[string, JsonObject, EventType]>([
    ["created", {}, "subscription-started"],
    ["created", { status: "trialing" }, "subscription-started"],
    ["upgraded", {}, "subscription-upgraded"],
    ["canceled", {}, "subscription-canceled"],
    ["revoked", {}, "subscription-canceled"],
    ["past_due", {}, "payment-failed"],
    ["recovered", {}, "payment-recovered"],
    ["active", TRIED, "trial-converted"],
    ["active", UNTOLD, "trial-converted"],
    ["active", { trial_start: null, trial_end: undefined }, "trial-converted"],
    ["active", { trial_start: onDay(-14), trial_end: null }, "trial-converted"],
    ["active", { ...TRIED, current_period_start: onDay(60) }, "trial-converted"],
  ])("subscription.%s with %j is %s, and the webhook says so", (type, told, becomes) => {
    const event = subscriptionEvent(type, 0, told);
    expect(tableOf(event)).toBe(becomes);
    expect(outcomeOf(event)).toBe(becomes);
  });

  it.each<[string, JsonObject, string]>([
    ["active", { ...TRIED, status: "trialing" }, "a trial starts"],
    ["active", { ...UNTOLD, status: "trialing" }, "a trial starts"],
    ["active", { trial_start: null, trial_end: null }, "there was no trial"],
    ["updated", {}, "nothing is known to have moved upward"],
    ["cycled", {}, "a renewal"],
    ["cycled", { ...UNTOLD, current_period_start: undefined }, "a renewal"],
    ["cycled", { ...TRIED, current_period_start: onDay(30) }, "a renewal"],
    ["uncanceled", {}, "a cancellation is taken back"],
  ])("subscription.%s with %j is nothing, but carries facts", (type, told, reason) => {
    const { table, facts } = normalise(subscriptionEvent(type, 0, told));
    expect(table).toEqual({ kind: "ignored", reason });
    expect(facts?.subject).toEqual({ kind: "subscription", id: sampleId("subscription", "subscriber") });
    expect(facts?.person?.externalId).toBe(sampleId("customer", "subscriber"));
    expect(facts?.decide(null)).toMatchObject({ moments: [], ignored: reason });
  });

  it("subscription.cycled into the first paid period is trial-converted, though the table does not say so", () => {
    const cycled = subscriptionEvent("cycled", 0, { ...TRIED, current_period_start: onDay(0) });
    expect(tableOf(cycled)).toBeNull();
    expect(outcomeOf(cycled)).toBe("trial-converted");
  });

  it("a period that starts where the trial ended may be written in another way", () => {
    const cycled = subscriptionEvent("cycled", 0, { trial_end: "2026-09-01T12:00:00+02:00", current_period_start: onDay(0) });
    expect(outcomeOf(cycled)).toBe("trial-converted");
  });
});

describe("what becomes of an order's event", () => {
  const UNREASONED = { billing_reason: undefined };
  it.each<[string, JsonObject, EventType]>([
    ["paid", {}, "purchase"],
    ["paid", { total_amount: 0 }, "purchase"],
    ["paid", { subscription_id: "sub-1" }, "purchase"],
    ["paid", UNREASONED, "purchase"],
    ["paid", { billing_reason: null, subscription: null }, "purchase"],
    ["refunded", {}, "refund-issued"],
    ["refunded", { billing_reason: "subscription_cycle", subscription_id: "sub-1" }, "refund-issued"],
  ])("order.%s with %j is %s, and the webhook says so", (type, told, becomes) => {
    const event = orderEvent(type, 0, told);
    expect(tableOf(event)).toBe(becomes);
    expect(outcomeOf(event)).toBe(becomes);
  });

  it.each<[string, JsonObject]>([
    ["a subscription's first", { billing_reason: "subscription_create", subscription_id: "sub-1" }],
    ["a renewal", { billing_reason: "subscription_cycle", subscription_id: "sub-1" }],
    ["an upgrade", { billing_reason: "subscription_update", subscription_id: "sub-1" }],
    ["of a reason to come", { billing_reason: "subscription_cycle_after_trial" }],
    ["tied by the id alone", { ...UNREASONED, subscription_id: "sub-1" }],
    ["tied by the subscription alone", { ...UNREASONED, subscription: { id: "sub-1" } }],
    ["tied by the subscription as its bare id", { ...UNREASONED, subscription: "sub-1" }],
  ])("order.paid of an order that is %s is nothing, but carries who paid", (_, told) => {
    const { table, facts } = normalise(orderEvent("paid", 0, told));
    expect(table).toEqual({ kind: "ignored", reason: "the order belongs to a subscription" });
    expect(facts).toMatchObject({ asOf: START, subject: null, person: { externalId: sampleId("customer", "buyer") } });
    expect(facts?.decide(null)).toEqual({
      moments: [],
      amendments: [],
      history: null,
      ignored: "the order belongs to a subscription",
    });
  });

  it("order.paid of a subscription by nobody leaves nothing to do", () => {
    const order = orderEvent("paid", 0, { billing_reason: "subscription_cycle", customer: null, customer_id: null });
    expect(normalise(order).facts).toBeNull();
  });
});

describe("every other event", () => {
  it.each([
    "subscription.paused", "subscription.resumed", "subscription.migrated", "order.created", "order.updated",
    "customer.created", "customer.updated", "customer.state_changed", "checkout.updated", "benefit_grant.created",
    "refund.created", "product.updated", "subscription", "subscription.", "toString", "__proto__", "SUBSCRIPTION.CREATED",
  ])("%s becomes nothing, whatever it holds", (type) => {
    expect(normalise({ id: "1", type, occurredAt: START, payload: { type, data: 7 } })).toEqual({
      table: { kind: "ignored", reason: "this event type becomes nothing" },
      facts: null,
    });
  });
});

describe("an event of the table is unreadable", () => {
  const types = ["subscription.created", "subscription.updated", "order.paid", "order.refunded"];
  it.each(types)("as %s without its object's id", (type) => {
    for (const data of [{}, { id: null }, { id: 7 }, { id: "" }, { id: "x".repeat(300) }, { id: "\u0000" }]) {
      expect(() => normalise(eventOf(type, START, data, "1"))).toThrow(UnreadableEvent);
    }
  });

  it.each([undefined, null, "text", 7, [], [{ id: "1" }]])("where its data is %j", (data) => {
    const event = { id: "1", type: "order.paid", occurredAt: START, payload: { type: "order.paid", data } };
    expect(() => normalise(event)).toThrow(UnreadableEvent);
  });
});

describe("custom fields", () => {
  const withMetadata = (told: JsonObject) => orderEvent("refunded", 40, { metadata: { plan: "starter" }, ...told });

  it("of an order that is refunded are as old as the order", () => {
    expect(normalise(withMetadata({ created_at: onDay(1) })).facts?.person).toMatchObject({
      attributes: { plan: "starter" },
      attributesAsOf: Date.parse(onDay(1)),
    });
  });

  it.each([null, "soon", onDay(50)])("count as told now where the order says that it is of %j", (created_at) => {
    expect(normalise(withMetadata({ created_at })).facts?.person?.attributesAsOf).toBeUndefined();
  });
});

describe("what an event tells", () => {
  const plan = { plan: { id: sampleId("product", "pro"), name: "Pro" }, amount: 2000, currency: "usd" };
  const billing = { interval: "month", intervalCount: 1 };
  const subscription = { subscriptionId: sampleId("subscription", "subscriber"), ...plan, ...billing };

  it("of a subscription that starts", () => {
    const created = subscriptionEvent("created", 0, { status: "trialing", seats: 4, trial_end: onDay(14) });
    expect(dataOf(created)).toEqual({ ...subscription, status: "trialing", quantity: 4, trialEnd: "2026-09-15T10:00:00.000Z" });
  });

  it("of a cancellation", () => {
    const canceled = subscriptionEvent("canceled", 0, {
      canceled_at: onDay(0),
      ends_at: "2026-09-21T12:00:00.5+02:00",
      customer_cancellation_reason: "too_expensive",
      customer_cancellation_comment: "never told on",
    });
    expect(dataOf(canceled)).toEqual({
      ...subscription,
      status: "active",
      canceledAt: "2026-09-01T10:00:00.000Z",
      endsAt: "2026-09-21T10:00:00.500Z",
      reason: "too_expensive",
    });
  });

  it("of a subscription that ended at once", () => {
    expect(dataOf(subscriptionEvent("revoked", 0, { ends_at: null, ended_at: onDay(0) }))).toMatchObject({
      endsAt: "2026-09-01T10:00:00.000Z",
    });
  });

  it("of an upgrade from a plan that is not known", () => {
    expect(dataOf(subscriptionEvent("upgraded", 0))).toEqual({ ...subscription, status: "active" });
  });

  it.each(["past_due", "recovered"])("of a payment: %s", (type) => {
    expect(dataOf(subscriptionEvent(type, 0))).toEqual({
      subscriptionId: subscription.subscriptionId,
      amount: 2000,
      currency: "usd",
    });
  });

  it("of a purchase", () => {
    expect(dataOf(orderEvent("paid", 0))).toEqual({
      orderId: sampleId("order", "lifetime", "buyer"),
      amount: 12_000,
      currency: "usd",
    });
  });

  it.each<[JsonObject, number]>([
    [{ total_amount: 12_000, net_amount: 10_000, amount: 9_000 }, 12_000],
    [{ total_amount: undefined, net_amount: 10_000, amount: 9_000 }, 10_000],
    [{ total_amount: undefined, net_amount: undefined, amount: 9_000 }, 9_000],
  ])("of a purchase of which it tells %j: %d, and the currency in lower case", (amounts, amount) => {
    expect(dataOf(orderEvent("paid", 0, { currency: "JPY", ...amounts }))).toMatchObject({ amount, currency: "jpy" });
  });

  it("leaves out what it can't read", () => {
    const { subscriptionId } = subscription;
    const oddPlan = { amount: "2000", currency: {}, recurring_interval: [], product: "Pro", product_id: null };
    const odd = { ...oddPlan, status: 7, trial_end: "soon" };
    expect(dataOf(subscriptionEvent("created", 0, odd))).toEqual({ subscriptionId, intervalCount: 1 });
    expect(dataOf(orderEvent("paid", 0, { total_amount: "x", net_amount: null, amount: [], currency: 7 }))).toEqual({
      orderId: sampleId("order", "lifetime", "buyer"),
    });
  });

  it("of a person goes by the time that the event bears", () => {
    expect(normalise(subscriptionEvent("updated", 3)).facts?.asOf).toBe(START + 3 * 86_400_000);
  });

  it("of custom fields: the customer's, and over them those of what was bought", () => {
    const metadata = { heard_from: "a friend", seats_wanted: 3, api_key: "hidden" };
    expect(normalise(subscriptionEvent("updated", 0, { metadata })).facts?.person?.attributes).toEqual({
      beta_tester: true,
      heard_from: "a friend",
      seats_wanted: 3,
      team_size: 12,
    });
  });
});
