import { describe, expect, it } from "@jest/globals";
import { dataOf, eventOf, factsOf, OPTIONS } from "../../test/stripe-events.ts";
import type { JsonObject } from "../json.ts";
import { itemsBefore, subscriptionOf } from "./samples/subscription.ts";

const seconds = OPTIONS.at / 1000;
const upgrade = eventOf("customer.subscription.updated", subscriptionOf(OPTIONS, { plan: "business", quantity: 3 }), {
  previous: itemsBefore(OPTIONS, { quantity: 2 }),
});

describe("what a subscription's moments tell", () => {
  it("of its start", () => {
    const object = subscriptionOf(OPTIONS, {}, { status: "trialing", trial_end: seconds + 86_400 });
    expect(dataOf(eventOf("customer.subscription.created", object, { account: "acct_1" }))).toEqual({
      livemode: false,
      account: "acct_1",
      subscriptionId: "sub_1Ada1",
      status: "trialing",
      plan: { id: "price_1SamplePro00000000000Mo", name: "Pro" },
      quantity: 1,
      amount: 2_000,
      currency: "usd",
      interval: "month",
      intervalCount: 1,
      trialEnd: "2026-11-02T12:00:00.000Z",
    });
  });

  it("of an upgrade: what it was before", () => {
    expect(dataOf(upgrade)).toMatchObject({
      plan: { id: "price_1SampleBusiness00000Mo", name: "Business" },
      quantity: 3,
      amount: 15_000,
      previous: { plan: { id: "price_1SamplePro00000000000Mo", name: "Pro" }, quantity: 2, amount: 4_000 },
    });
  });

  it("of its cancellation: when, until when and why", () => {
    const object = subscriptionOf(OPTIONS, {}, {
      status: "canceled",
      canceled_at: seconds - 60,
      ended_at: seconds,
      cancellation_details: { comment: "We moved away, call 555-0100", feedback: "unused", reason: "cancellation_requested" },
    });
    const data = dataOf(eventOf("customer.subscription.deleted", object));
    expect(data).toMatchObject({
      status: "canceled",
      canceledAt: "2026-11-01T11:59:00.000Z",
      endsAt: "2026-11-01T12:00:00.000Z",
      reason: "cancellation_requested",
    });
    expect(JSON.stringify(data)).not.toContain("555");
  });

  it("of a cancellation when it is to take effect, where it has not yet", () => {
    const endsAt = (told: JsonObject) =>
      dataOf(eventOf("customer.subscription.deleted", subscriptionOf(OPTIONS, {}, { cancel_at: seconds + 86_400, ...told }))).endsAt;
    expect(endsAt({ ended_at: null })).toBe("2026-11-02T12:00:00.000Z");
    expect(endsAt({ ended_at: seconds })).toBe("2026-11-01T12:00:00.000Z");
  });

  it("its price's currency, where it names none itself", () => {
    const price = { id: "price_1", unit_amount: 500, currency: "JPY" };
    const object = subscriptionOf(OPTIONS, {}, { currency: undefined, items: { data: [{ price }] } });
    expect(dataOf(eventOf("customer.subscription.created", object))).toMatchObject({ amount: 500, currency: "jpy" });
  });

  it("what of several items is true of all: no quantity, and the sum", () => {
    const one = subscriptionOf(OPTIONS, {});
    const recurring = { interval: "month", interval_count: 1 };
    const item = (told: object) => ({ quantity: 1, price: { id: "price_1", unit_amount: 100, recurring, ...told } });
    const data = dataOf(
      eventOf("customer.subscription.created", { ...one, items: { data: [item({}), item({ id: "price_2", unit_amount: 0.1 })] } }),
    );
    expect(data).toMatchObject({ plan: { id: "price_1" }, amount: 100.1 });
    expect(data).not.toHaveProperty("quantity");
  });

  it("no quantity where the provider tells none", () => {
    const price = { id: "price_1", unit_amount: 5, recurring: { interval: "month", interval_count: 1, usage_type: "metered" } };
    const object = subscriptionOf(OPTIONS, {}, { items: { data: [{ price }] } });
    const data = dataOf(eventOf("customer.subscription.created", { ...object, quantity: null }));
    expect(data).toMatchObject({ plan: { id: "price_1" }, amount: 5 });
    expect(data).not.toHaveProperty("quantity");
  });

  it("no amount where there is no single one", () => {
    const object = subscriptionOf(OPTIONS, {}, { items: { data: [{ price: { id: "price_tiered", unit_amount: null } }] } });
    expect(dataOf(eventOf("customer.subscription.created", object))).not.toHaveProperty("amount");
  });

  it("no amount of items that are billed at different intervals", () => {
    const item = (interval: string) => ({ price: { id: `price_${interval}`, unit_amount: 500, recurring: { interval, interval_count: 1 } } });
    const object = subscriptionOf(OPTIONS, {}, { items: { data: [item("month"), item("year")] } });
    expect(dataOf(eventOf("customer.subscription.created", object))).not.toHaveProperty("amount");
  });
});

describe("what makes a subscription's moments repeats", () => {
  const keyOf = (event: Parameters<typeof factsOf>[0]) => factsOf(event).decide(null).moments[0]?.repeatKey;

  it("is the subscription", () => {
    expect(factsOf(upgrade).subject).toEqual({ kind: "subscription", id: "sub_1Ada1" });
  });

  it("and the new state of an upgrade, in whatever order its items come", () => {
    const a = { price: { id: "price_a", unit_amount: 5 } };
    const b = { price: { id: "price_b", unit_amount: 5 }, quantity: 2 };
    const upgradeTo = (data: JsonObject[]) => {
      const object = subscriptionOf(OPTIONS, {}, { items: { data } });
      return keyOf(eventOf("customer.subscription.updated", object, { previous: { items: { data: [] } } }));
    };
    expect(upgradeTo([a, b])).toBe(upgradeTo([b, a]));
    expect(upgradeTo([a])).not.toBe(upgradeTo([a, b]));
  });

  it("in a key of bounded length", () => {
    const data = Array.from({ length: 100 }, (_, i) => ({ price: { id: `price_${"x".repeat(200)}${i}`, unit_amount: 5 } }));
    const object = subscriptionOf(OPTIONS, {}, { items: { data } });
    const event = eventOf("customer.subscription.updated", object, { previous: { items: { data: [] } } });
    expect(keyOf(event)?.length).toBeLessThan(255);
  });
});
