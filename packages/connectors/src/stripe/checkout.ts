import type { EventData } from "../connector.ts";
import { numberOf, objectOf, textOf } from "../fields.ts";
import { factsOfMoment, factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { personOf } from "./person.ts";
import { dataOf, refOf, type Snapshot } from "./snapshot.ts";

/** Whether something was sold once, and is paid or free. */
export function paidOneTime(snapshot: Snapshot): boolean {
  return isOneTime(snapshot) && snapshot.object.payment_status !== "unpaid";
}

export function isOneTime({ object }: Snapshot): boolean {
  return object.mode === "payment";
}

export const checkout: ObjectKind<"purchase"> = {
  name: "checkout.session",
  facts(snapshot, { becomes, words }) {
    const { event, id, object } = snapshot;
    const details = objectOf(object, "customer_details") ?? {};
    const person = personOf({
      customer: refOf(object, "customer"),
      emails: [details.email, object.customer_email],
      name: textOf(details, "name"),
      appId: object.client_reference_id,
      metadata: object.metadata,
    });
    if (becomes === "contact") return factsOfPerson(event.occurredAt, person, words);
    return factsOfMoment(event.occurredAt, person, { kind: "checkout", id }, () =>
      momentOf(snapshot, becomes, "purchase", purchaseData(snapshot)),
    );
  },
};

function purchaseData(snapshot: Snapshot): EventData {
  const { id, object } = snapshot;
  return dataOf(snapshot, {
    checkoutId: id,
    amount: numberOf(object, "amount_total"),
    currency: textOf(object, "currency"),
  });
}
