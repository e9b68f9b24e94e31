import { describe, expect, it } from "@jest/globals";
import { created, cycled, pastDue, subscriptionEvent, updated } from "../../test/polar-events.ts";
import { record, told as toldBy } from "../../test/recorder.ts";
import type { ProviderEvent } from "../connector.ts";
import { polar } from "./index.ts";
import { sampleId } from "./sample-shop.ts";

/** What is told of a subscription, in the order in which it is recorded. */
const told = (...events: ProviderEvent[]) => toldBy(polar, events);

describe("an upgrade", () => {
  const started = "subscription-started by created on day 0";

  it("is told by the update that follows a cheaper plan", () => {
    expect(told(created(), updated(5, 5000))).toEqual([started, "subscription-upgraded by updated on day 5"]);
  });

  it("is told once, however often Polar sends the update", () => {
    expect(told(created(), updated(5, 5000), updated(5.1, 5000), cycled(30, { amount: 5000 }), updated(30, 5000))).toEqual([
      started,
      "subscription-upgraded by updated on day 5",
    ]);
    expect(told(created(), updated(5.1, 5000), updated(5, 5000))).toEqual([
      started,
      "subscription-upgraded by updated on day 5.1",
    ]);
  });

  it("is told as soon as the plan before is known", () => {
    expect(told(updated(5, 5000), updated(5.1, 5000), created())).toEqual([
      started,
      "subscription-upgraded by updated on day 5",
    ]);
    expect(told(updated(5, 5000), cycled(2, { amount: 3000 }))).toEqual(["subscription-upgraded by updated on day 5"]);
  });

  it("is not told by a plan that came after it", () => {
    expect(told(updated(5, 5000), cycled(30, { amount: 3000 }))).toEqual([]);
  });

  it("is told although a renewal or a cancellation showed the new plan first", () => {
    expect(told(created(), cycled(30, { amount: 5000 }), updated(30.1, 5000))).toEqual([
      started,
      "subscription-upgraded by updated on day 30.1",
    ]);
  });

  it("is not told where nothing is known, where nothing changed, nor where the plan moved down", () => {
    expect(told(updated(5, 5000))).toEqual([]);
    expect(told(created(), updated(5), updated(6))).toEqual([started]);
    expect(told(created(), updated(5, 900))).toEqual([started]);
  });

  it("is not told where a discount ends", () => {
    const discounted = created(0, { amount: 1000, discount_id: "launch" });
    expect(told(discounted, updated(30, 2000, { discount_id: null }))).toEqual([started]);
  });

  it("is not told by an event that does not say what is billed, nor against one", () => {
    const saysNothing = { amount: undefined, product_id: null, product: null };
    const silent = pastDue(30, saysNothing);
    expect(told(created(), updated(5, 5000, saysNothing))).toEqual([started]);
    expect(told(silent, updated(31, 5000))).toEqual(["payment-failed by past_due on day 30"]);
    expect(told(created(), silent, updated(31))).toEqual([started, "payment-failed by past_due on day 30"]);
    expect(told(created(), updated(5, 5000), silent, updated(31, 5000))).toEqual([
      started,
      "subscription-upgraded by updated on day 5",
      "payment-failed by past_due on day 30",
    ]);
  });

  it("to the same plan once more is a repeat", () => {
    expect(told(created(), updated(5, 5000), updated(20, 2000), updated(40, 5000))).toEqual([
      started,
      "subscription-upgraded by updated on day 5",
      "subscription-upgraded by updated on day 40 again",
    ]);
  });

  it("is one with subscription.upgraded, should Polar come to send it", () => {
    const upgraded = subscriptionEvent("upgraded", 5, { amount: 5000 });
    const [first, second] = ["subscription-upgraded by upgraded on day 5", "subscription-upgraded by updated on day 4.9"];
    expect(told(created(), upgraded, updated(5.1, 5000))).toEqual([started, first]);
    expect(told(created(), updated(4.9, 5000), upgraded)).toEqual([started, second, `${first} again`]);
  });

  it("tells what it was upgraded from, also where that comes late", () => {
    const [business, pro] = [{ product_id: "business", product: { name: "Business" }, seats: 9 }, sampleId("product", "pro")];
    const previous = { plan: { id: pro, name: "Pro" }, quantity: 3, amount: 2000 };
    const events = [created(0, { seats: 3 }), updated(5, 5000, business)];
    for (const arrival of [events, events.toReversed()]) {
      const upgrade = record(polar, arrival).find(({ type }) => type === "subscription-upgraded");
      expect(upgrade?.data).toMatchObject({ plan: { id: "business", name: "Business" }, quantity: 9, amount: 5000, previous });
    }
  });

  it("is corrected where a plan in between comes late", () => {
    const arrival = [created(), updated(9, 9000), updated(5, 5000)];
    expect(told(...arrival)).toEqual([
      started,
      "subscription-upgraded by updated on day 9",
      "subscription-upgraded by updated on day 5",
    ]);
    const previous = record(polar, arrival).map(({ data }) => data.previous);
    const plan = { id: sampleId("product", "pro"), name: "Pro" };
    expect(previous).toEqual([undefined, { plan, amount: 5000 }, { plan, amount: 2000 }]);
  });

  it("is not corrected where the plan in between was dearer, as no upgrade led from that", () => {
    const [, upgrade] = record(polar, [created(), updated(9, 9000), cycled(5, { amount: 9500 })]);
    expect(upgrade?.data).toMatchObject({ amount: 9000, previous: { amount: 2000 } });
  });

  it("is told as well where a cheaper plan in between comes late, whatever was forgotten by then", () => {
    const stretch = [updated(5, 5000), updated(9, 5000), cycled(30, { amount: 5000 }), cycled(60, { amount: 5000 })];
    expect(told(created(), ...stretch, cycled(7, { amount: 900 }))).toEqual([
      started,
      "subscription-upgraded by updated on day 5",
      "subscription-upgraded by updated on day 9 again",
    ]);
  });
});
