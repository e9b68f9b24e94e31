import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Decision, ProviderEvent } from "../connector.ts";
import { dataOf, eventOf, factsOf, OPTIONS } from "../../test/stripe-events.ts";
import { record } from "../../test/recorder.ts";
import { MAX_REFUNDS } from "../refunds.ts";
import { stripe } from "./index.ts";
import { chargeOf } from "./samples/payment.ts";

/** A refund that brings the charge's sum to `total`. `before`: the sum before it, where that is told. */
const refund = (total: number, before?: number, id = `evt_${total}`) => {
  const previous = before === undefined ? {} : { amount_refunded: before };
  return eventOf("charge.refunded", chargeOf(OPTIONS, total), { id, previous });
};

const amountsOf = (events: ProviderEvent[]) =>
  Object.fromEntries(record(stripe, events).map(({ providerEventId, data }) => [providerEventId, data.amount]));

describe("a refund", () => {
  it("tells its charge, itself and the sum", () => {
    expect(dataOf(refund(2_500, 1_000))).toEqual({
      livemode: false,
      chargeId: "ch_3Ada1",
      amount: 1_500,
      refundedTotal: 2_500,
      currency: "usd",
      full: false,
    });
  });

  it("is full where everything was given back", () => {
    expect(dataOf(refund(10_000, 2_500))).toMatchObject({ amount: 7_500, full: true });
  });

  it("is full where it says so, whatever the sums", () => {
    const event = (refunded: boolean, sum: number) =>
      eventOf("charge.refunded", { id: "ch_1", amount: 500, amount_refunded: sum, refunded });
    expect(dataOf(event(true, 400))).toMatchObject({ full: true });
    expect(dataOf(event(false, 500))).toMatchObject({ full: false });
  });

  it("is full by the sums, where that is not told", () => {
    const event = eventOf("charge.refunded", { id: "ch_1", amount: 500, amount_refunded: 500 });
    expect(dataOf(event)).toMatchObject({ full: true });
  });

  it.each([
    ["nothing is told of the sum before", undefined],
    ["the sum before is not smaller", 2_500],
    ["the sum before is greater", 9_000],
  ])("is judged against what is known of the charge where %s", (_what, before) => {
    expect(amountsOf([refund(1_000, 0), refund(2_500, before)])).toEqual({ evt_1000: 1_000, evt_2500: 1_500 });
  });

  it("is corrected when an earlier one comes late", () => {
    const { history } = factsOf(refund(2_500)).decide(null);
    expect(factsOf(refund(1_000)).decide(history).amendments).toEqual([{ providerEventId: "evt_2500", data: { amount: 1_500 } }]);
  });

  it("is not corrected where it told the sum before itself", () => {
    const { history } = factsOf(refund(2_500, 1_000)).decide(null);
    expect(factsOf(refund(500, 0)).decide(history).amendments).toEqual([]);
  });

  it("learns from one that tells of it again with the sum before", () => {
    const twice = [refund(3_000, undefined, "evt_a"), refund(3_000, 2_000, "evt_b")];
    expect(amountsOf(twice)).toEqual({ evt_a: 1_000, evt_b: 1_000 });
    expect(amountsOf(twice.reverse())).toEqual({ evt_a: 1_000, evt_b: 1_000 });
  });

  it("keeps its amount when those before it are forgotten", () => {
    const many = Array.from({ length: MAX_REFUNDS + 10 }, (_, i) => refund(i + 1));
    expect(new Set(Object.values(amountsOf(many)))).toEqual(new Set([1]));
  });

  it("is not corrected by an id that every test event has", () => {
    const { history } = factsOf(refund(2_500, undefined, "evt_00000000000000")).decide(null);
    expect(factsOf(refund(1_000)).decide(history).amendments).toEqual([]);
  });

  it("is a repeat where another event told the same sum", () => {
    const recorded = record(stripe, [refund(1_000, 0, "evt_a"), refund(1_000, 0, "evt_b"), refund(2_000, 1_000, "evt_c")]);
    expect(recorded.map(({ repeatOf }) => repeatOf)).toEqual([null, "evt_a", null]);
  });

  it("starts anew where the history has another form", () => {
    expect(factsOf(refund(1_000)).decide({ totals: "none" }).moments[0]?.data).toMatchObject({ amount: 1_000 });
  });
});

describe("any order of arrival", () => {
  const refunds = fc
    .array(fc.record({ amount: fc.integer({ min: 1, max: 900 }), tells: fc.boolean() }), { minLength: 1, maxLength: 8 })
    .map((rows) => {
      let total = 0;
      return rows.map(({ amount, tells }) => {
        const before = total;
        total += amount;
        return { amount, event: refund(total, tells ? before : undefined) };
      });
    });

  it("records each refund's own amount, also with redeliveries", () => {
    const orders = refunds.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.array(fc.constantFrom(...all), { maxLength: 5 })),
    );
    fc.assert(
      fc.property(orders, ([all, shuffled, again]) => {
        const expected = Object.fromEntries(all.map(({ amount, event }) => [event.id, amount]));
        expect(amountsOf([...shuffled, ...again].map(({ event }) => event))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("decides the same of a refund that the history holds already", () => {
    fc.assert(
      fc.property(refunds, (all) => {
        let history: Decision["history"] = null;
        for (const { event } of all) {
          const once = factsOf(event).decide(history);
          const twice = factsOf(event).decide(once.history);
          expect(twice.moments).toEqual(once.moments);
          expect(twice.history).toEqual(once.history);
          history = once.history;
        }
      }),
    );
  });

  it("keeps a history of bounded size", () => {
    let history: Decision["history"] = null;
    for (let total = 1; total <= 500; total++) history = factsOf(refund(total)).decide(history).history;
    expect(JSON.stringify(history).length).toBeLessThan(10_000);
  });
});
