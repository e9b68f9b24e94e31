import type { Provider } from "@mara/connectors";
import { sampleOf } from "./provider-client.ts";

/** Something that happened to a customer, as its provider tells it. */
export interface Happening {
  readonly provider: Provider;
  readonly id: string;
  readonly body: string;
}

const DAY = 86_400_000;

/** What happens to one customer of all three providers, in the order in which it does. */
export const LIFE: readonly (readonly [Provider, string])[] = [
  ["clerk", "user.created"],
  ["stripe", "customer.subscription.created:trial"],
  ["stripe", "checkout.session.completed:subscription"],
  ["polar", "subscription.created"],
  ["stripe", "customer.subscription.updated:trial-converted"],
  ["polar", "subscription.cycled"],
  ["clerk", "user.updated"],
  ["stripe", "customer.subscription.updated:more-seats"],
  ["polar", "subscription.updated"],
  ["stripe", "invoice.payment_failed"],
  ["polar", "subscription.past_due"],
  ["stripe", "invoice.payment_failed:second-attempt"],
  ["polar", "order.paid"],
  ["stripe", "invoice.payment_succeeded:by-hand"],
  ["polar", "subscription.active"],
  ["stripe", "checkout.session.completed"],
  ["stripe", "charge.refunded"],
  ["polar", "order.refunded"],
  ["stripe", "charge.refunded:rest"],
  ["polar", "subscription.canceled"],
  ["stripe", "customer.subscription.deleted"],
  ["polar", "subscription.revoked"],
  ["clerk", "user.deleted"],
];

/**
 * The life of one customer, in order, one thing a day. All that is known of them is made of `name`, and all ids of `seed`,
 * so that lives of different ones have nothing in common.
 * @param beginning epoch milliseconds.
 */
export function lifeOf(name: string, beginning: number, seed: string = name): Happening[] {
  const person = { email: `${name}@example.com`, name, externalId: `user_${seed}`, appId: `user_${seed}` };
  const { externalId: _, ...billed } = person;
  return LIFE.map(([provider, sample], day) => {
    const options = { at: beginning + day * DAY, seed, person: provider === "clerk" ? person : billed };
    const { id, body } = sampleOf(provider, sample, options);
    return { provider, id, body: sample === "subscription.active" ? withoutTrial(body) : body };
  });
}

/** A recovery. With a trial behind it, the table would take it for its conversion where it comes before the failure. */
function withoutTrial(body: string): string {
  return body.replace(/"trial_start":"[^"]*"/, '"trial_start":null').replace(/"trial_end":"[^"]*"/, '"trial_end":null');
}
