import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../json.ts";
import { eventOf, factsOf, OPTIONS } from "../../test/stripe-events.ts";
import { normalise } from "./normalise.ts";
import { personOf } from "./person.ts";
import { invoiceBeforeBasilOf, invoiceOf } from "./samples/invoice.ts";
import { chargeOf, sessionOf } from "./samples/payment.ts";
import { subscriptionOf } from "./samples/subscription.ts";

const ADA = {
  emails: [{ address: "ada1@example.com", verified: true }],
  profile: { email: "ada1@example.com", name: "Ada Lovelace" },
};
const CUSTOM = { acquired_by: "newsletter", workspace: "ws_Ada1" };

describe("who an event is about", () => {
  const cases: readonly (readonly [string, string, JsonObject, object])[] = [
    ["a subscription: its customer, without an address", "customer.subscription.created", subscriptionOf(OPTIONS, {}),
      { externalId: "cus_Ada1", appIds: [], emails: [], profile: {}, attributes: CUSTOM }],
    ["an invoice, with the subscription's fields", "invoice.payment_failed", invoiceOf(OPTIONS),
      { externalId: "cus_Ada1", ...ADA, attributes: CUSTOM }],
    ["an invoice before Basil", "invoice.payment_failed", invoiceBeforeBasilOf(OPTIONS),
      { externalId: "cus_Ada1", ...ADA, attributes: CUSTOM }],
    ["an invoice of no subscription, whose own metadata is not read", "invoice.payment_failed",
      invoiceOf(OPTIONS, { parent: null, metadata: { order: "7" } }),
      { externalId: "cus_Ada1", ...ADA, attributes: {} }],
    ["a session, with the tenant's own id", "checkout.session.completed", sessionOf({ ...OPTIONS, person: { appId: "user_7" } }),
      { externalId: "cus_Ada1", appIds: ["user_7"], ...ADA, attributes: { campaign: "launch", seats: "1" } }],
    ["a guest's session", "checkout.session.completed", sessionOf(OPTIONS, { customer: null }),
      { externalId: null, appIds: [], ...ADA }],
    ["a session whose address was given beforehand", "checkout.session.completed",
      sessionOf(OPTIONS, { customer_details: null, customer_email: "Ada1@Example.com " }),
      { emails: ADA.emails, profile: { email: "ada1@example.com" } }],
    ["a session whose address was changed in it: the one that was given last", "checkout.session.completed",
      sessionOf(OPTIONS, { customer_email: "old@example.com" }),
      { emails: ADA.emails, profile: { email: "ada1@example.com" } }],
    ["a charge: its own metadata is not read", "charge.refunded", { ...chargeOf(OPTIONS, 5), metadata: { order: "7" } },
      { externalId: "cus_Ada1", ...ADA, attributes: {} }],
    ["a charge whose receipt goes to somebody else: who paid", "charge.refunded",
      { ...chargeOf(OPTIONS, 5), receipt_email: "books@example.com" },
      { emails: ADA.emails, profile: { email: "ada1@example.com" } }],
    ["a guest's charge, by the receipt", "charge.refunded",
      { ...chargeOf(OPTIONS, 5), customer: null, billing_details: { email: null }, receipt_email: "ada1@example.com" },
      { externalId: null, emails: ADA.emails, profile: { email: "ada1@example.com" } }],
    ["a customer that came whole", "customer.subscription.created",
      subscriptionOf(OPTIONS, {}, { customer: { id: "cus_Ada1", object: "customer" } }),
      { externalId: "cus_Ada1" }],
  ];
  it.each(cases)("%s", (_what, type, object, expected) => {
    expect(factsOf(eventOf(type, object)).person).toMatchObject(expected);
  });

  it("nobody, where a refund names no one: it is recorded all the same", () => {
    const facts = factsOf(eventOf("charge.refunded", { ...chargeOf(OPTIONS, 5), customer: null, billing_details: null }));
    expect(facts.person).toBeNull();
    expect(facts.decide(null).moments).toHaveLength(1);
  });

  it("nothing is left to do where an ignored event names no one", () => {
    expect(normalise(eventOf("checkout.session.completed", { id: "cs_1", mode: "setup" })).facts).toBeNull();
  });

  it.each([
    ["a checkout for a subscription", eventOf("checkout.session.completed", sessionOf(OPTIONS, { mode: "subscription" }))],
    ["a first-attempt invoice", eventOf("invoice.payment_succeeded", invoiceOf(OPTIONS))],
    ["an invoice of nothing", eventOf("invoice.payment_succeeded", invoiceOf(OPTIONS, { amount_due: 0 }))],
    ["a change of metadata", eventOf("customer.subscription.updated", subscriptionOf(OPTIONS, {}), { previous: { metadata: {} } })],
  ])("%s is ignored and tells of its customer all the same", (_what, event) => {
    const { table, facts } = normalise(event);
    const decision = facts?.decide(null);
    expect(table.kind).toBe("ignored");
    expect(facts?.person).toMatchObject({ externalId: "cus_Ada1", attributesMode: "merge", deleted: false });
    expect(decision).toMatchObject({ moments: [], ignored: table.kind === "ignored" ? table.reason : "" });
  });
});

describe("when what an event tells was true", () => {
  const later = OPTIONS.at + 20 * 86_400_000;

  it("of a subscription: now", () => {
    expect(factsOf(eventOf("customer.subscription.created", subscriptionOf(OPTIONS, {}), { at: later })).asOf).toBe(later);
  });

  it("of a subscription within one second: its creation first, its deletion last", () => {
    const [created = 0, updated = 0, deleted = 0] = ["created", "updated", "deleted"].map(
      (type) => factsOf(eventOf(`customer.subscription.${type}`, subscriptionOf(OPTIONS, {}))).asOf,
    );
    expect(created).toBeLessThan(updated);
    expect(updated).toBeLessThan(deleted);
    expect(deleted).toBeLessThan(created + 1_000);
  });

  it("of an invoice: when it was finalised, however late it is tried again", () => {
    expect(factsOf(eventOf("invoice.payment_failed", invoiceOf(OPTIONS), { at: later })).asOf).toBe(OPTIONS.at - 100_000);
  });

  it("of an invoice that does not say so: when it was made", () => {
    const object = invoiceOf(OPTIONS, { status_transitions: null, created: OPTIONS.at / 1000 });
    expect(factsOf(eventOf("invoice.payment_failed", object, { at: later })).asOf).toBe(OPTIONS.at);
  });

  it("of a charge: when it was paid, however late it is refunded", () => {
    expect(factsOf(eventOf("charge.refunded", chargeOf(OPTIONS, 5), { at: later })).asOf).toBe(OPTIONS.at - 86_400_000);
  });

  it("never after the event", () => {
    const object = { ...chargeOf(OPTIONS, 5), created: later / 1000 };
    expect(factsOf(eventOf("charge.refunded", object)).asOf).toBe(OPTIONS.at);
    const finalised = invoiceOf(OPTIONS, { status_transitions: { finalized_at: later / 1000 } });
    expect(factsOf(eventOf("invoice.payment_failed", finalised)).asOf).toBe(OPTIONS.at);
  });
});

describe("personOf", () => {
  it("takes the first address that can be one", () => {
    expect(personOf({ customer: null, emails: ["n/a", null, "b@example.com", "c@example.com"] })?.emails).toEqual([
      { address: "b@example.com", verified: true },
    ]);
  });

  it.each(["undefined", "null", "", "x".repeat(256), 7, null])("takes no id of the tenant's from %j", (appId) => {
    expect(personOf({ customer: "cus_1", appId })?.appIds).toEqual([]);
  });

  it("is known by an id of the tenant's alone", () => {
    expect(personOf({ customer: null, appId: "user_7" })).toMatchObject({ externalId: null, appIds: ["user_7"], emails: [] });
  });

  it("is nobody without any id or address", () => {
    expect(personOf({ customer: null, emails: ["n/a"], name: "Ada", appId: null, metadata: { a: 1 } })).toBeNull();
  });
});
