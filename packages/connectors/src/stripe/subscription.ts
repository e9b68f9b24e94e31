import type { EventData, Person } from "../connector.ts";
import { objectOf, textOf } from "../fields.ts";
import { isUpward } from "../upward.ts";
import { factsOfMoment, factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { itemsBefore, itemsOf, stateOf, type Item } from "./items.ts";
import { personOf } from "./person.ts";
import { dataOf, isoOf, onlyTold, refOf, type Snapshot } from "./snapshot.ts";

/** Whether a trial became a paying subscription. One that ends unpaid or paused did not. */
export function trialEnded({ object, previous }: Snapshot): boolean {
  return previous.status === "trialing" && object.status === "active";
}

/**
 * Every renewal speaks of the items, with only their periods moved: what counts is price and quantity
 * (https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-subscription-current-period-start-and-end).
 */
export function movedUpward({ object, previous }: Snapshot): boolean {
  const before = itemsBefore(object, previous);
  if (!before) return false;
  const after = itemsOf(object);
  return stateOf(before) !== stateOf(after) && isUpward(before, after);
}

/**
 * Stripe's clock goes by the second. What is told within one is told first by a creation and last by a deletion, or the
 * metadata of a subscription that was changed as soon as it was there would be whichever came last to us.
 */
const TURNS: ReadonlyMap<string, number> = new Map([
  ["customer.subscription.updated", 1],
  ["customer.subscription.deleted", 2],
]);

function toldAt({ event }: Snapshot): number {
  return event.occurredAt + (TURNS.get(event.type) ?? 0);
}

type SubscriptionMoment = "subscription-started" | "trial-converted" | "subscription-upgraded" | "subscription-canceled";

export const subscription: ObjectKind<SubscriptionMoment> = {
  name: "subscription",
  facts(snapshot, becomes) {
    return factsOfMoment(toldAt(snapshot), subscriberOf(snapshot), { kind: "subscription", id: snapshot.id }, () => {
      const { repeatKey, data } = TELLING[becomes](snapshot);
      return momentOf(snapshot, becomes, repeatKey, data);
    });
  },
  contactFacts: (snapshot, reason) => factsOfPerson(toldAt(snapshot), subscriberOf(snapshot), reason),
};

function subscriberOf({ object }: Snapshot): Person | null {
  return personOf({ customer: refOf(object, "customer"), metadata: object.metadata });
}

/** For each moment: what makes it the same one within its subscription, and its data. */
const TELLING: Readonly<Record<SubscriptionMoment, (snapshot: Snapshot) => { repeatKey: string; data: EventData }>> = {
  "subscription-started": (snapshot) => ({ repeatKey: "started", data: subscriptionData(snapshot) }),
  "trial-converted": (snapshot) => ({ repeatKey: "converted", data: subscriptionData(snapshot) }),
  "subscription-upgraded": (snapshot) => {
    const { object, previous } = snapshot;
    return {
      repeatKey: `upgraded to ${stateOf(itemsOf(object))}`,
      data: { ...subscriptionData(snapshot), previous: onlyTold(planData(itemsBefore(object, previous) ?? [])) },
    };
  },
  "subscription-canceled": (snapshot) => {
    const { object } = snapshot;
    return {
      // Stripe deletes a subscription once, whatever was planned and taken back before.
      repeatKey: "canceled",
      data: {
        ...subscriptionData(snapshot),
        ...onlyTold({
          canceledAt: isoOf(object, "canceled_at"),
          endsAt: isoOf(object, "ended_at") ?? isoOf(object, "cancel_at"),
          reason: textOf(objectOf(object, "cancellation_details") ?? {}, "reason"),
        }),
      },
    };
  },
};

function subscriptionData(snapshot: Snapshot): EventData {
  const { id, object } = snapshot;
  const items = itemsOf(object);
  return dataOf(snapshot, {
    subscriptionId: id,
    status: textOf(object, "status"),
    ...planData(items),
    currency: textOf(object, "currency") ?? items[0]?.currency ?? null,
    interval: items[0]?.interval ?? null,
    intervalCount: items[0]?.intervalCount ?? null,
    trialEnd: isoOf(object, "trial_end"),
  });
}

/** The first item is the plan, the others come on top. `amount` is what all of them bill together each interval. */
function planData(items: readonly Item[]): { plan: EventData | null; quantity: number | null; amount: number | null } {
  const [first] = items;
  return {
    plan: first?.priceId ? onlyTold({ id: first.priceId, name: first.name }) : null,
    quantity: items.length === 1 && first ? first.toldQuantity : null,
    amount: amountOf(items),
  };
}

/** Null where it is not one amount: of a tiered price, or over different intervals. */
function amountOf(items: readonly Item[]): number | null {
  if (items.length === 0 || new Set(items.map(({ months }) => months)).size > 1) return null;
  let sum = 0;
  for (const { amount, quantity } of items) {
    if (amount === null) return null;
    sum += amount * quantity;
  }
  // Twelve decimals are as many as Stripe gives: more would be rounding errors.
  return Number(sum.toFixed(12));
}
