import type { EventData, Person } from "../connector.ts";
import { numberOf, objectOf, textOf } from "../fields.ts";
import { factsOfMoment, factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { personOf } from "./person.ts";
import { dataOf, refOf, type Snapshot } from "./snapshot.ts";

/** Whether something was sold once, and is paid or free (`payment_status` in https://docs.stripe.com/api/checkout/sessions/object). */
export function paidOneTime(snapshot: Snapshot): boolean {
  return isOneTime(snapshot) && snapshot.object.payment_status !== "unpaid";
}

export function isOneTime({ object }: Snapshot): boolean {
  return object.mode === "payment";
}

export const checkout: ObjectKind<"purchase"> = {
  name: "checkout.session",
  facts(snapshot, becomes) {
    const { event, id } = snapshot;
    return factsOfMoment(event.occurredAt, buyerOf(snapshot), { kind: "checkout", id }, () =>
      momentOf(snapshot, becomes, "purchase", purchaseData(snapshot)),
    );
  },
  contactFacts: (snapshot, reason) => factsOfPerson(snapshot.event.occurredAt, buyerOf(snapshot), reason),
};

function buyerOf({ object }: Snapshot): Person | null {
  const details = objectOf(object, "customer_details") ?? {};
  return personOf({
    customer: refOf(object, "customer"),
    emails: [details.email, object.customer_email],
    name: textOf(details, "name"),
    appId: object.client_reference_id,
    metadata: object.metadata,
  });
}

function purchaseData(snapshot: Snapshot): EventData {
  const { id, object } = snapshot;
  return dataOf(snapshot, {
    checkoutId: id,
    amount: numberOf(object, "amount_total"),
    currency: textOf(object, "currency"),
  });
}
