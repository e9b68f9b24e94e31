import { describe, expect, it } from "@jest/globals";
import { UnreadableEvent, type ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { eventOf, OPTIONS } from "../../test/stripe-events.ts";
import { mapping } from "./mapping.ts";
import { normalise } from "./normalise.ts";
import { invoiceBeforeBasilOf, invoiceOf, paid } from "./samples/invoice.ts";
import { chargeOf, sessionOf } from "./samples/payment.ts";
import { itemsBefore, planOf, subscriptionOf } from "./samples/subscription.ts";

type Terms = Parameters<typeof itemsBefore>[1];

const created = (told: JsonObject) => eventOf("customer.subscription.created", subscriptionOf(OPTIONS, {}, told));
const updated = (told: JsonObject, previous?: JsonObject) =>
  eventOf("customer.subscription.updated", subscriptionOf(OPTIONS, {}, told), previous ? { previous } : {});
/** The subscription bills `now`, and billed `before`; `told` also changed. */
const moved = (now: Terms, before: Terms, told?: JsonObject) =>
  eventOf("customer.subscription.updated", subscriptionOf(OPTIONS, now), { previous: itemsBefore(OPTIONS, before, told) });
const updatedBeforeBasil = (previous: JsonObject) =>
  eventOf("customer.subscription.updated", beforeBasil({}), { previous });
const failed = (told: JsonObject) => eventOf("invoice.payment_failed", invoiceOf(OPTIONS, told));
const succeeded = (told: JsonObject) => eventOf("invoice.payment_succeeded", invoiceOf(OPTIONS, { ...paid(OPTIONS), ...told }));
const completed = (told: JsonObject) => eventOf("checkout.session.completed", sessionOf(OPTIONS, told));
const cleared = (told: JsonObject) => eventOf("checkout.session.async_payment_succeeded", sessionOf(OPTIONS, told));

/** The subscription as API versions before Basil show it: the period at the top, none on the items. */
function beforeBasil(told: JsonObject): JsonObject {
  const { items: _, ...subscription } = subscriptionOf(OPTIONS, {});
  const item = { id: "si_1", object: "subscription_item", plan: planOf("pro"), quantity: 1 };
  return {
    ...subscription,
    current_period_start: 1_793_000_000,
    current_period_end: 1_795_592_000,
    discount: null,
    items: { object: "list", data: [item] },
    ...told,
  };
}

const LAST_PERIOD: Terms = { periodStart: 1_790_000_000 };

describe("the mapping table", () => {
  const cases: readonly (readonly [string, ProviderEvent, string | null])[] = [
    ["a subscription starts", created({}), "subscription-started"],
    ["one starts in trial", created({ status: "trialing" }), "subscription-started"],
    ["one starts incomplete", created({ status: "incomplete" }), "subscription-started"],
    ["one starts, before Basil", eventOf("customer.subscription.created", beforeBasil({})), "subscription-started"],

    ["a trial becomes active", updated({}, { status: "trialing" }), "trial-converted"],
    ["a trial becomes active, as its period moves", moved({}, LAST_PERIOD, { status: "trialing" }), "trial-converted"],
    ["a trial becomes active on a dearer plan", moved({ plan: "business" }, {}, { status: "trialing" }), "trial-converted"],
    ["a trial ends unpaid", updated({ status: "past_due" }, { status: "trialing" }), null],
    ["a trial is paused", updated({ status: "paused" }, { status: "trialing" }), null],
    ["a trial starts later", updated({ status: "trialing" }, { status: "active" }), null],
    ["it becomes active from incomplete", updated({}, { status: "incomplete" }), null],
    ["it recovers: the invoice tells", updated({}, { status: "past_due" }), null],

    ["it renews", moved({}, LAST_PERIOD, { latest_invoice: "in_0" }), null],
    ["it renews, before Basil", updatedBeforeBasil({ current_period_start: 1_790_000_000 }), null],
    ["it renews, with items that tell no price", updated({ items: { data: [{ id: "si_1" }] } }, { items: { data: [{ id: "si_1" }] } }), null],
    ["its metadata changes", updated({}, { metadata: { seats: null } }), null],
    ["a discount comes", updated({ discounts: ["di_1"] }, { discounts: [] }), null],
    ["nothing is told of before", updated({}), null],
    ["its collection is paused", updated({ pause_collection: { behavior: "void" } }, { pause_collection: null }), null],
    ["its plan is dearer", moved({ plan: "business" }, {}), "subscription-upgraded"],
    ["its plan is cheaper", moved({}, { plan: "business" }), null],
    ["it has more seats", moved({ quantity: 5 }, { quantity: 2 }), "subscription-upgraded"],
    ["it has fewer seats", moved({ quantity: 2 }, { quantity: 5 }), null],
    ["month to year", moved({ plan: "proYearly" }, {}), "subscription-upgraded"],
    ["year to month at a higher monthly price", moved({}, { plan: "proYearly" }), "subscription-upgraded"],
    ["another price is told of before, but not what it cost", updated({}, { items: { data: [{ id: "si_1Ada1", price: { id: "price_old" } }] } }), "subscription-upgraded"],
    ["only the deprecated quantity is told of before", updated({ quantity: 1 }, { quantity: 0 }), "subscription-upgraded"],
    ["only parts of a cheaper plan are told of before", updatedBeforeBasil({ plan: { id: "old", amount: 900 } }), "subscription-upgraded"],
    ["only parts of a dearer plan are told of before", updatedBeforeBasil({ plan: { id: "old", amount: 9_900 } }), null],
    ["only parts of a cheaper plan are told, of an item with a price", updated({}, { plan: { id: "old", amount: 900 } }), "subscription-upgraded"],
    ["only parts of a dearer plan are told, of an item with a price", updated({}, { plan: { id: "old", amount: 9_900 } }), null],

    ["it is deleted", eventOf("customer.subscription.deleted", subscriptionOf(OPTIONS, {}, { status: "canceled" })), "subscription-canceled"],

    ["a payment fails", failed({}), "payment-failed"],
    ["a payment fails, before Basil", eventOf("invoice.payment_failed", invoiceBeforeBasilOf(OPTIONS)), "payment-failed"],
    ["a second attempt fails", failed({ attempt_count: 2 }), "payment-failed"],
    ["a first payment fails, though it is no renewal", failed({ billing_reason: "subscription_create" }), "payment-failed"],
    ["a payment fails that no subscription asked for", failed({ billing_reason: "manual", parent: null }), "payment-failed"],

    ["an automatic retry succeeds", succeeded({ attempt_count: 2 }), "payment-recovered"],
    ["a first attempt succeeds", succeeded({ attempt_count: 1 }), null],
    ["a first payment from Checkout succeeds", succeeded({ attempt_count: 0 }), null],
    ["an invoice of nothing is paid", succeeded({ attempt_count: 2, amount_due: 0, amount_paid: 0, total: 0 }), null],
    ["one that tells no more than a total of nothing", succeeded({ attempt_count: 2, amount_due: undefined, total: 0 }), null],
    ["one that tells no more than that nothing was paid", succeeded({ attempt_count: 2, amount_due: undefined, total: undefined, amount_paid: 0 }), null],
    ["an invoice whose attempts were not told is paid", succeeded({ attempt_count: null }), null],

    ["a charge is refunded in part", eventOf("charge.refunded", chargeOf(OPTIONS, 500)), "refund-issued"],
    ["a charge is refunded", eventOf("charge.refunded", chargeOf(OPTIONS, 10_000)), "refund-issued"],

    ["a one-time purchase", completed({}), "purchase"],
    ["a guest's", completed({ customer: null }), "purchase"],
    ["one that is free", completed({ payment_status: "no_payment_required", amount_total: 0 }), "purchase"],
    ["one that says nothing of its payment", completed({ payment_status: null }), "purchase"],
    ["one that is not paid yet", completed({ payment_status: "unpaid" }), null],
    ["one that is paid at last", cleared({}), "purchase"],
    ["a checkout for a subscription", completed({ mode: "subscription" }), null],
    ["one for a subscription that is paid at last", cleared({ mode: "subscription" }), null],
    ["one that only keeps a card", completed({ mode: "setup", payment_status: "no_payment_required" }), null],
    ["one without a mode", completed({ mode: null }), null],
  ];
  it.each(cases)("%s", (_what, event, expected) => {
    const { table } = normalise(event);
    expect(table.kind === "moment" ? table.type : null).toBe(expected);
  });

  it("has no row that no case above tells of", () => {
    const told = new Set(cases.map(([, event]) => event.type));
    expect([...told].sort()).toEqual([...new Set(mapping.map(({ event }) => event))].sort());
  });

  it.each([
    "invoice.paid", "invoice.finalized", "customer.updated", "customer.deleted", "charge.succeeded", "payment_intent.succeeded",
    "product.updated", "refund.created", "checkout.session.async_payment_failed", "checkout.session.expired",
    "customer.subscription.paused", "customer.subscription.trial_will_end", "__proto__", "constructor", "toString",
  ])("makes nothing of %s, and does not look at its object", (type) => {
    const event: ProviderEvent = { id: "evt_1", type, occurredAt: OPTIONS.at, payload: { object: "event" } };
    expect(normalise(event)).toEqual({ table: { kind: "ignored", reason: "this type becomes nothing" }, facts: null });
  });

  it.each(["v1.customer.subscription.updated", "v2.core.event_destination.ping", "customer.subscription.created"])(
    "asks for snapshots where %s comes as a thin event",
    (type) => {
      const payload = { id: "evt_1", object: "v2.core.event", type, related_object: { id: "sub_1" } };
      const { table, facts } = normalise({ id: "evt_1", type, occurredAt: OPTIONS.at, payload });
      expect(table).toMatchObject({ kind: "ignored", reason: expect.stringContaining("Snapshot") });
      expect(facts).toBeNull();
    },
  );

  it.each<[string, JsonObject, string]>([
    ["no data", {}, "the event has no data.object"],
    ["no object", { data: {} }, "the event has no data.object"],
    ["a list for an object", { data: { object: [] } }, "the event has no data.object"],
    ["another object", { data: { object: { id: "in_1", object: "invoice" } } }, "data.object is not a charge"],
    ["no id", { data: { object: { object: "charge", amount_refunded: 5 } } }, "the charge has no id"],
    ["an id that can't be one", { data: { object: { id: "ch\n", amount_refunded: 5 } } }, "the charge has no id"],
    ["no amount", { data: { object: { id: "ch_1", amount_refunded: "5" } } }, "the charge has no amount_refunded"],
  ])("can't read a refund with %s", (_what, payload, reason) => {
    const event = { id: "evt_1", type: "charge.refunded", occurredAt: OPTIONS.at, payload };
    expect(() => normalise(event)).toThrow(new UnreadableEvent(reason));
  });
});
