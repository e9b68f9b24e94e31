import { describe, expect, it } from "@jest/globals";
import type { EventData } from "@mara/connectors";
import { gistOf, tellingsOf, type Value } from "./event-data.ts";

const UPGRADE: EventData = {
  livemode: true,
  subscriptionId: "sub_1",
  status: "past_due",
  plan: { id: "price_2", name: "Team" },
  quantity: 5,
  amount: 24_500,
  currency: "eur",
  interval: "month",
  intervalCount: 3,
  trialEnd: "2026-12-01T00:00:00.000Z",
  previous: { plan: { id: "price_1", name: "Solo" }, quantity: 1, amount: 900 },
};

function shown(data: EventData): Record<string, string> {
  return Object.fromEntries(tellingsOf(data).map(({ label, value }) => [label, wordsOf(value)]));
}

function wordsOf(value: Value): string {
  return value.kind === "time" ? new Date(value.at).toISOString() : value.text;
}

describe("an event's data", () => {
  it("is told in words, with amounts in their currency", () => {
    expect(shown(UPGRADE)).toEqual({
      Amount: "€245.00",
      Billed: "every 3 months",
      Plan: "Team",
      Quantity: "5",
      Before: "Solo €9.00",
      Status: "past due",
      "Trial ends": "2026-12-01T00:00:00.000Z",
      Subscription: "sub_1",
      Mode: "live",
    });
  });

  it("tells a refund by its amount, what was refunded in all, and whether that is everything", () => {
    expect(shown({ chargeId: "ch_1", amount: 1_000, refundedTotal: 3_000, currency: "jpy", full: false })).toEqual({
      Amount: "¥1,000",
      "Refunded in all": "¥3,000",
      Refund: "of a part",
      Charge: "ch_1",
    });
  });

  it("shows as it stands what nobody expected", () => {
    expect(shown({ amount: "a lot", plan: "Pro", colour: { deep: ["red"] }, currency: "usd" })).toEqual({
      amount: "a lot",
      plan: "Pro",
      colour: '{"deep":["red"]}',
    });
  });

  it("keeps the currency where no amount has it with it", () => {
    expect(shown({ currency: "usd" })).toEqual({ currency: "usd" });
  });
});

describe("the gist of an event", () => {
  it.each<[string, EventData, string]>([
    ["an upgrade", UPGRADE, "Solo €9.00 → Team × 5 €245.00, every 3 months"],
    ["a failed payment", { amount: 4_900, currency: "usd", attemptCount: 2 }, "$49.00, attempt 2"],
    ["a part refund", { amount: 900, currency: "usd", full: false }, "$9.00, a part"],
    ["a plan without a price", { plan: { id: "p", name: "Free" }, interval: "month" }, "Free, every month"],
    ["nothing", {}, ""],
  ])("of %s", (_name, data, gist) => {
    expect(gistOf(data)).toBe(gist);
  });
});
