import { describe, expect, it } from "@jest/globals";
import { AT, Signed } from "../test/signed.ts";
import type { Connector, MappingRow } from "./connector.ts";
import { connectors, isProvider, PROVIDERS, type Provider } from "./registry.ts";

/** The product's promise, row by row: written out here once more, so that no table can lose a row unnoticed. */
const PROMISES: readonly (readonly [Provider, event: string, becomes: NonNullable<MappingRow["becomes"]>])[] = [
  ["stripe", "customer.subscription.created", "subscription-started"],
  ["stripe", "customer.subscription.updated", "trial-converted"],
  ["stripe", "customer.subscription.updated", "subscription-upgraded"],
  ["stripe", "customer.subscription.deleted", "subscription-canceled"],
  ["stripe", "invoice.payment_failed", "payment-failed"],
  ["stripe", "invoice.payment_succeeded", "payment-recovered"],
  ["stripe", "charge.refunded", "refund-issued"],
  ["stripe", "checkout.session.completed", "purchase"],
  ["stripe", "checkout.session.async_payment_succeeded", "purchase"],
  ["polar", "subscription.created", "subscription-started"],
  ["polar", "subscription.active", "trial-converted"],
  ["polar", "subscription.upgraded", "subscription-upgraded"],
  ["polar", "subscription.canceled", "subscription-canceled"],
  ["polar", "subscription.revoked", "subscription-canceled"],
  ["polar", "subscription.past_due", "payment-failed"],
  ["polar", "subscription.recovered", "payment-recovered"],
  ["polar", "order.refunded", "refund-issued"],
  ["polar", "order.paid", "purchase"],
  ["clerk", "user.created", "user.created"],
  ["clerk", "user.updated", "contact"],
  ["clerk", "user.deleted", "user.deleted"],
];

/** What a connector's samples of `event` become by the tables alone. */
function outcomesOf(connector: Connector, event: string): MappingRow["becomes"][] {
  const signed = new Signed(connector);
  return Object.values(connector.samples)
    .map((make) => make({ at: AT, seed: "registry1" }))
    .filter(({ type }) => type === event)
    .map((sample) => {
      const { table, facts } = connector.normalise(signed.event(sample).event);
      if (table.kind === "moment") return table.type;
      return facts?.person ? "contact" : null;
    });
}

describe("the registry", () => {
  it.each(PROMISES)("has in %s's mapping that %s becomes %s", (provider, event, becomes) => {
    const connector: Connector = connectors[provider];
    expect(connector.mapping).toContainEqual(expect.objectContaining({ event, becomes, when: expect.any(String) }));
  });

  it.each(PROMISES)("has a sample of %s's %s that becomes %s", (provider, event, becomes) => {
    expect(outcomesOf(connectors[provider], event)).toContain(becomes);
  });

  it("knows its providers, and nothing that every object has", () => {
    expect(PROVIDERS).toEqual(expect.arrayContaining(["stripe", "polar", "clerk"]));
    for (const name of PROVIDERS) expect(isProvider(name)).toBe(true);
    for (const name of ["", "Stripe", "__proto__", "constructor", "toString"]) expect(isProvider(name)).toBe(false);
  });
});
