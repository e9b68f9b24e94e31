import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { orderEvent } from "../../test/polar-events.ts";
import { record } from "../../test/recorder.ts";
import type { JsonObject } from "../json.ts";
import { MAX_REFUNDS } from "../refunds.ts";
import { polar } from "./index.ts";
import { normalise } from "./normalise.ts";

/** A refund after which `total` of the order's 10000 was refunded. */
function refund(total: number, day = total, told: JsonObject = {}) {
  const status = total >= 10_000 ? "refunded" : "partially_refunded";
  return orderEvent("refunded", day, { refunded_amount: total, status, ...told });
}

function recordedOf(events: Parameters<typeof record>[1]) {
  return record(polar, events).map(({ type, data: { amount, refundedTotal, full }, repeatOf }) => ({
    type,
    amount,
    refundedTotal,
    full,
    isRepeat: repeatOf !== null,
  }));
}

const told = (amount: number, refundedTotal: number, full = false, isRepeat = false) => ({
  type: "refund-issued",
  amount,
  refundedTotal,
  full,
  isRepeat,
});

describe("an order's refunds", () => {
  it("are each what the sum so far exceeds the one before by", () => {
    expect(recordedOf([refund(1000), refund(2500), refund(10_000)])).toEqual([
      told(1000, 1000),
      told(1500, 2500),
      told(7500, 10_000, true),
    ]);
  });

  it("are corrected where an earlier one comes late", () => {
    expect(recordedOf([refund(10_000), refund(1000), refund(2500)])).toEqual([
      told(7500, 10_000, true),
      told(1000, 1000),
      told(1500, 2500),
    ]);
  });

  it("are repeated where another event tells the same sum, and corrected together", () => {
    expect(recordedOf([refund(2500, 1), refund(2500, 2), refund(1000, 0)])).toEqual([
      told(1500, 2500),
      told(1500, 2500, false, true),
      told(1000, 1000),
    ]);
  });

  it("may be told without a sum, and are then each their own", () => {
    const unknown = (day: number) => refund(0, day, { refunded_amount: undefined });
    const events = record(polar, [refund(1000), unknown(1), unknown(2), refund(2500)]);
    expect(events.map(({ data, repeatOf }) => [data.amount, data.refundedTotal, repeatOf])).toEqual([
      [1000, 1000, null],
      [undefined, undefined, null],
      [undefined, undefined, null],
      [1500, 2500, null],
    ]);
  });

  it("outlast the purchase that comes late", () => {
    const events = record(polar, [refund(1000), orderEvent("paid", 0), refund(2500)]);
    expect(events.map(({ type, data }) => [type, data.amount])).toEqual([
      ["refund-issued", 1000],
      ["purchase", 12_000],
      ["refund-issued", 1500],
    ]);
  });

  it.each([
    [{ status: "refunded" }, true],
    [{ status: "partially_refunded" }, false],
    [{ status: "paid", net_amount: 400 }, true],
    [{ status: null, net_amount: 401 }, false],
    [{ status: undefined, net_amount: undefined }, undefined],
  ])("are full as %j says", (said, full) => {
    expect(recordedOf([refund(400, 0, said)])).toMatchObject([{ full }]);
  });

  it("of one order are bought once, whatever its event is called", () => {
    const [first, second] = record(polar, [orderEvent("paid", 0), orderEvent("paid", 1)]);
    expect([first?.repeatOf, second?.repeatOf]).toEqual([null, first?.providerEventId]);
  });

  it("end in the same amounts in whatever order they come, however often", () => {
    const sums = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 12 });
    const arrivals = sums
      .map((totals) => totals.toSorted((a, b) => a - b).map((total) => refund(total)))
      .chain((refunds) => {
        const shuffled = fc.shuffledSubarray(refunds, { minLength: refunds.length });
        return fc.tuple(fc.constant(refunds), shuffled, fc.subarray(refunds));
      });
    fc.assert(
      fc.property(arrivals, ([inOrder, shuffled, again]) => {
        const byId = (events: typeof inOrder) => new Map(record(polar, events).map((r) => [r.providerEventId, r.data]));
        expect(byId([...shuffled, ...again])).toEqual(byId(inOrder));
      }),
      { seed: 1 },
    );
  });

  it("are remembered in bounds", () => {
    let history: JsonObject | null = null;
    for (let total = 1; total <= 500; total++) {
      for (let day = 0; day < 12; day++) {
        history = normalise(refund(total, day + total / 1000)).facts?.decide(history).history ?? null;
      }
    }
    expect(history?.refunds).toHaveLength(MAX_REFUNDS);
    expect(JSON.stringify(history).length).toBeLessThan(20_000);
  });
});
