import { describe, expect, it } from "@jest/globals";
import { dataOf, eventOf, factsOf, OPTIONS } from "../../test/stripe-events.ts";
import { record } from "../../test/recorder.ts";
import { stripe } from "./index.ts";
import { sessionOf } from "./samples/payment.ts";

describe("a purchase", () => {
  it("tells its session and what was paid, discounts and taxes counted", () => {
    const session = sessionOf(OPTIONS, { amount_subtotal: 10_000, amount_total: 8_000 });
    expect(dataOf(eventOf("checkout.session.completed", session))).toEqual({
      livemode: false,
      checkoutId: factsOf(eventOf("checkout.session.completed", session)).subject?.id,
      amount: 8_000,
      currency: "usd",
    });
  });

  it.each([["jpy", 500], ["kwd", 12_345]])("in %s tells the amount in the minor unit, as it came", (currency, amount_total) => {
    const session = sessionOf(OPTIONS, { currency, amount_total });
    expect(dataOf(eventOf("checkout.session.completed", session))).toMatchObject({ amount: amount_total, currency });
  });

  it("is one, whether it was paid at once or later", () => {
    const completed = eventOf("checkout.session.completed", sessionOf(OPTIONS), { id: "evt_completed" });
    const cleared = eventOf("checkout.session.async_payment_succeeded", sessionOf(OPTIONS), { id: "evt_cleared" });
    expect(record(stripe, [cleared, completed]).map(({ type, repeatOf }) => [type, repeatOf])).toEqual([
      ["purchase", null],
      ["purchase", "evt_cleared"],
    ]);
  });
});
