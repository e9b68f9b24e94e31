import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Decision, ProviderEvent } from "../connector.ts";
import { broughtBy, dataOf, eventOf, factsOf, OPTIONS } from "../../test/stripe-events.ts";
import { record } from "../../test/recorder.ts";
import { stripe } from "./index.ts";
import { invoiceOf, paid } from "./samples/invoice.ts";

const failure = (id: string, attempt = 1) => eventOf("invoice.payment_failed", invoiceOf(OPTIONS, { attempt_count: attempt }), { id });
const payment = (id: string, attempt = 1, amount = 2_000) => {
  const told = { ...paid(OPTIONS), attempt_count: attempt, amount_due: amount, amount_paid: amount };
  return eventOf("invoice.payment_succeeded", invoiceOf(OPTIONS, told), { id });
};

/** What is recorded in the end, by event id. Which of two that mean the same came first is for arrival to decide. */
const recordedOf = (events: readonly ProviderEvent[]) =>
  new Map(record(stripe, events).map((moment) => [moment.providerEventId, { ...moment, repeatOf: null }]));
const typesOf = (events: readonly ProviderEvent[]) =>
  Object.fromEntries([...recordedOf(events)].map(([id, { type }]) => [id, type]));

describe("what an invoice's events become in view of each other", () => {
  it("a first-attempt success alone becomes nothing", () => {
    expect(typesOf([payment("evt_paid")])).toEqual({});
  });

  it("a payment by hand after a failure recovers", () => {
    expect(typesOf([failure("evt_failed"), payment("evt_paid")])).toEqual({
      evt_failed: "payment-failed",
      evt_paid: "payment-recovered",
    });
  });

  it("a failure that comes late brings the recovery that waited for it", () => {
    const { history } = factsOf(payment("evt_paid")).decide(null);
    const late = factsOf(failure("evt_failed")).decide(history);
    expect(late.moments.map(({ type, providerEventId }) => [type, providerEventId])).toEqual([
      ["payment-failed", "evt_failed"],
      ["payment-recovered", "evt_paid"],
    ]);
    expect(late.ignored).toBeNull();
  });

  it("only the first of several failures brings it", () => {
    expect(broughtBy([payment("evt_paid"), failure("evt_1"), failure("evt_2", 2)])).toEqual([
      ["evt_paid", []],
      ["evt_1", ["evt_1", "evt_paid"]],
      ["evt_2", ["evt_2"]],
    ]);
  });

  it("an invoice of nothing waits for nothing", () => {
    expect(factsOf(payment("evt_paid", 0, 0)).subject).toBeNull();
  });

  it("failures of one invoice are one failing: all but the first are repeats", () => {
    const recorded = record(stripe, [failure("evt_1"), failure("evt_2", 2), failure("evt_3", 3)]);
    expect(recorded.map(({ repeatOf }) => repeatOf)).toEqual([null, "evt_1", "evt_1"]);
  });

  it("a test event waits for nothing, because its id is every test event's", () => {
    const { history, ignored } = factsOf(payment("evt_00000000000000")).decide(null);
    expect(ignored).not.toBeNull();
    expect(factsOf(failure("evt_00000000000000")).decide(history).moments).toHaveLength(1);
  });

  it("a test event's failure brings what waited once, although the next one has its id", () => {
    const test = failure("evt_00000000000000");
    expect(broughtBy([payment("evt_paid"), test, test])).toEqual([
      ["evt_paid", []],
      ["evt_00000000000000", ["evt_00000000000000", "evt_paid"]],
      ["evt_00000000000000", ["evt_00000000000000"]],
    ]);
  });

  it("a history of another form is none", () => {
    expect(factsOf(payment("evt_paid")).decide({ failed: "yes" }).moments).toEqual([]);
    expect(factsOf(failure("evt_1")).decide({ failed: true, waiting: [{ moment: {} }] }).moments).toHaveLength(1);
  });
});

const events = fc
  .array(fc.record({ failed: fc.boolean(), attempt: fc.integer({ min: 0, max: 3 }), amount: fc.constantFrom(0, 2_000) }), {
    minLength: 1,
    maxLength: 7,
  })
  .map((rows) =>
    rows.map(({ failed, attempt, amount }, i) => (failed ? failure(`evt_${i}`, attempt) : payment(`evt_${i}`, attempt, amount))),
  );

/** Events in the order in which they happened, the same shuffled, and some that are delivered once more. */
const orders = events.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.shuffledSubarray(all, { minLength: all.length }),
    fc.array(fc.constantFrom(...all), { maxLength: 5 }),
  ),
);

describe("any order of arrival", () => {
  it("records the same moments, also with redeliveries", () => {
    fc.assert(
      fc.property(orders, ([all, shuffled, again]) => {
        const inOrder = recordedOf(all);
        expect(recordedOf([...shuffled, ...again])).toEqual(inOrder);
        expect(recordedOf([...again, ...shuffled])).toEqual(inOrder);
      }),
      { numRuns: 300 },
    );
  });

  it("brings each moment once", () => {
    const once = (all: ProviderEvent[]) => all.filter(({ id }, i) => all.findIndex((other) => other.id === id) === i);
    fc.assert(
      fc.property(orders, ([, shuffled]) => {
        const due = shuffled.filter((event) => factsOf(event).subject !== null);
        const brought = broughtBy(once(due)).flatMap(([, moments]) => moments);
        expect(new Set(brought).size).toBe(brought.length);
      }),
      { numRuns: 300 },
    );
  });

  it("decides the same of an event that the history holds already", () => {
    fc.assert(
      fc.property(events, (all) => {
        let history: Decision["history"] = null;
        for (const event of all) {
          const once = factsOf(event).decide(history);
          expect(factsOf(event).decide(once.history)).toEqual(once);
          history = once.history;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("keeps a history of bounded size", () => {
    let history: Decision["history"] = null;
    for (let i = 0; i < 200; i++) history = factsOf(payment(`evt_${i}`)).decide(history).history;
    expect(JSON.stringify(history).length).toBeLessThan(10_000);
  });
});

describe("what an invoice's moments tell", () => {
  it("of a failure", () => {
    expect(dataOf(failure("evt_1"))).toEqual({
      livemode: false,
      invoiceId: "in_1Ada1",
      amount: 2_000,
      currency: "usd",
      attemptCount: 1,
      billingReason: "subscription_cycle",
      nextPaymentAttempt: "2026-11-04T12:00:00.000Z",
    });
  });

  it("of a recovery: what was paid", () => {
    const object = invoiceOf(OPTIONS, { ...paid(OPTIONS), attempt_count: 2, amount_paid: 2_500 });
    expect(dataOf(eventOf("invoice.payment_succeeded", object))).toMatchObject({ amount: 2_500, attemptCount: 2 });
  });

  it("what was due, where it was paid outside of Stripe", () => {
    const object = invoiceOf(OPTIONS, { ...paid(OPTIONS), attempt_count: 2, amount_paid: 0 });
    expect(dataOf(eventOf("invoice.payment_succeeded", object))).toMatchObject({ amount: 2_000 });
  });
});
