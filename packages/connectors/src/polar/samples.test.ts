import { describe, expect, it } from "@jest/globals";
import { record } from "../../test/recorder.ts";
import type { ProviderEvent, SampleOptions } from "../connector.ts";
import { polar } from "./index.ts";
import { samples } from "./samples.ts";

const DAY = 86_400_000;
const AT = Date.UTC(2026, 8, 1, 10);

function sampleOn(type: keyof typeof samples, day: number, options: Partial<SampleOptions> = {}): ProviderEvent {
  const { id, body } = samples[type]({ at: AT + day * DAY, seed: "story1", ...options });
  return polar.read({ id, body, receivedAt: 0 });
}

describe("the samples of one seed", () => {
  it("tell one story when they are dated as it goes", () => {
    const story = [
      sampleOn("subscription.created", 0),
      sampleOn("order.created", 2),
      sampleOn("order.paid", 2),
      sampleOn("subscription.cycled", 14),
      sampleOn("subscription.updated", 20),
      sampleOn("order.refunded", 25),
      sampleOn("subscription.past_due", 44),
      sampleOn("subscription.active", 47),
      sampleOn("subscription.canceled", 50),
      sampleOn("subscription.canceled", 50),
      sampleOn("subscription.revoked", 70),
    ];
    expect(record(polar, story).map(({ type, repeatOf }) => `${type}${repeatOf ? " again" : ""}`)).toEqual([
      "subscription-started",
      "purchase",
      "trial-converted",
      "subscription-upgraded",
      "refund-issued",
      "payment-failed",
      "payment-recovered",
      "subscription-canceled",
      "subscription-canceled again",
    ]);
  });

  it("have an id of their own for each time that a type happens", () => {
    expect(sampleOn("subscription.canceled", 1).id).not.toBe(sampleOn("subscription.canceled", 2).id);
    expect(sampleOn("subscription.canceled", 1).id).not.toBe(sampleOn("subscription.revoked", 1).id);
  });

  it.each(Object.keys(samples).filter((type) => !type.startsWith("customer")))("are as long as Polar's own: %s", (type) => {
    const body = Object.entries(samples).find(([name]) => name === type)?.[1]({ at: AT, seed: "story1" }).body ?? "";
    expect(body.length).toBeGreaterThan(3000);
    expect(body.length).toBeLessThan(6000);
  });

  it("show the custom fields of a customer and of what was bought", () => {
    const { facts } = polar.normalise(sampleOn("order.paid", 0));
    expect(facts?.person?.attributes).toEqual({
      beta_tester: true,
      campaign: "autumn-sale",
      heard_from: "newsletter",
      team_size: 12,
    });
  });
});
