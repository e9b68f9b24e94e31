import type { DecidedMoment, Facts, Person } from "../connector.ts";
import { numberOf, objectOf, textOf } from "../fields.ts";
import type { Json, JsonObject } from "../json.ts";
import { factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { decideFailure, decidePayment, decideRecovery } from "./invoice-history.ts";
import { personOf } from "./person.ts";
import { dataOf, isoOf, refOf, timeOf, type Snapshot } from "./snapshot.ts";

/**
 * Whether an automatic retry got through. After the first attempt only these are counted (`attempt_count` in
 * https://docs.stripe.com/api/invoices/object): a customer who pays by hand after a failure leaves the count at 1.
 */
export function paidOnRetry({ object }: Snapshot): boolean {
  return (numberOf(object, "attempt_count") ?? 0) >= 2;
}

/** An invoice of nothing is paid by itself, and recovers nothing. */
export function isFree({ object }: Snapshot): boolean {
  return (numberOf(object, "amount_due") ?? numberOf(object, "total") ?? numberOf(object, "amount_paid")) === 0;
}

export const invoice: ObjectKind<"payment-failed" | "payment-recovered"> = {
  name: "invoice",
  facts(snapshot, becomes) {
    const decide: Facts["decide"] =
      becomes === "payment-failed"
        ? (history) => decideFailure(failureOf(snapshot), history)
        : (history) => decideRecovery(recoveryOf(snapshot), history);
    return factsOf(snapshot, decide);
  },
  contactFacts(snapshot, reason) {
    if (isFree(snapshot)) return factsOfPerson(frozenAt(snapshot), payerOf(snapshot.object), reason);
    return factsOf(snapshot, (history) => decidePayment(recoveryOf(snapshot), history, reason));
  },
};

function factsOf(snapshot: Snapshot, decide: Facts["decide"]): Facts {
  const { id, object } = snapshot;
  return { asOf: frozenAt(snapshot), person: payerOf(object), subject: { kind: "invoice", id }, decide };
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

/**
 * An invoice keeps its customer's address and the subscription's metadata as they were when it was finalised
 * (`customer_email` and `parent.subscription_details.metadata` in https://docs.stripe.com/api/invoices/object).
 */
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

/**
 * Since the API version Basil under `parent`, before that on the invoice itself
 * (https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects).
 */
function subscriptionMetadataOf(object: JsonObject): Json | undefined {
  const details = objectOf(objectOf(object, "parent") ?? {}, "subscription_details") ?? objectOf(object, "subscription_details");
  return details?.metadata;
}
