import type { DecidedMoment, Facts, Person } from "../connector.ts";
import { numberOf, objectOf, textOf } from "../fields.ts";
import type { Json, JsonObject } from "../json.ts";
import { factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { fail, payOrWait, recover } from "./payments.ts";
import { personOf } from "./person.ts";
import { dataOf, isoOf, refOf, timeOf, type Snapshot } from "./snapshot.ts";

/** Whether an automatic retry got through. A customer who pays by hand after a failure leaves the count at 1. */
export function paidOnRetry({ object }: Snapshot): boolean {
  return (numberOf(object, "attempt_count") ?? 0) >= 2;
}

/** An invoice of nothing is paid by itself, and recovers nothing. */
export function isFree({ object }: Snapshot): boolean {
  return (numberOf(object, "amount_due") ?? numberOf(object, "total") ?? numberOf(object, "amount_paid")) === 0;
}

type InvoiceMoment = "payment-failed" | "payment-recovered";

export const invoice: ObjectKind<InvoiceMoment> = {
  name: "invoice",
  facts(snapshot, { becomes, words }) {
    const asOf = frozenAt(snapshot);
    const person = payerOf(snapshot.object);
    if (becomes === "contact" && isFree(snapshot)) return factsOfPerson(asOf, person, words);
    return { asOf, person, subject: { kind: "invoice", id: snapshot.id }, decide: decider(snapshot, becomes, words) };
  },
};

function decider(snapshot: Snapshot, becomes: InvoiceMoment | "contact", words: string): Facts["decide"] {
  switch (becomes) {
    case "payment-failed":
      return (history) => fail(failureOf(snapshot), history);
    case "payment-recovered":
      return (history) => recover(recoveryOf(snapshot), history);
    case "contact":
      return (history) => payOrWait(recoveryOf(snapshot), history, words);
  }
}

/** Every automatic retry is an event of its own: those of one invoice are one failing, and one recovery. */
function failureOf(snapshot: Snapshot): DecidedMoment {
  return momentOf(snapshot, "payment-failed", "failed", paymentData(snapshot, numberOf(snapshot.object, "amount_due")));
}

function recoveryOf(snapshot: Snapshot): DecidedMoment {
  const { object } = snapshot;
  // What was paid outside of Stripe does not count as paid in there.
  const amount = numberOf(object, "amount_paid") || numberOf(object, "amount_due");
  return momentOf(snapshot, "payment-recovered", "recovered", paymentData(snapshot, amount));
}

function paymentData(snapshot: Snapshot, amount: number | null) {
  const { id, object } = snapshot;
  return dataOf(snapshot, {
    invoiceId: id,
    amount,
    currency: textOf(object, "currency"),
    attemptCount: numberOf(object, "attempt_count"),
    billingReason: textOf(object, "billing_reason"),
    nextPaymentAttempt: isoOf(object, "next_payment_attempt"),
  });
}

/** An invoice keeps its customer's address and the subscription's metadata as they were when it was finalised. */
function frozenAt({ event, object }: Snapshot): number {
  const finalised = timeOf(objectOf(object, "status_transitions") ?? {}, "finalized_at") ?? timeOf(object, "created");
  return Math.min(event.occurredAt, finalised ?? event.occurredAt);
}

function payerOf(object: JsonObject): Person | null {
  return personOf({
    customer: refOf(object, "customer"),
    emails: [object.customer_email],
    name: textOf(object, "customer_name"),
    metadata: subscriptionMetadataOf(object),
  });
}

/** Since the API version Basil under `parent`, before that on the invoice itself. */
function subscriptionMetadataOf(object: JsonObject): Json | undefined {
  const details = objectOf(objectOf(object, "parent") ?? {}, "subscription_details") ?? objectOf(object, "subscription_details");
  return details?.metadata;
}
