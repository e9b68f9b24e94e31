import { z } from "zod";
import type { DecidedMoment, Decision, Facts, Person } from "../connector.ts";
import { numberOf, objectOf, textOf } from "../fields.ts";
import type { Json, JsonObject } from "../json.ts";
import { EVENT_TYPES } from "../moments.ts";
import { isUnique } from "./event.ts";
import { factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { personOf } from "./person.ts";
import { dataOf, isoOf, refOf, timeOf, type Snapshot } from "./snapshot.ts";

/** Whether an automatic retry got through. A customer who pays by hand after a failure leaves the count at 1. */
export function paidOnRetry(snapshot: Snapshot): boolean {
  return (numberOf(snapshot.object, "attempt_count") ?? 0) >= 2 && !isFree(snapshot);
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
    if (becomes === "payment-failed") return factsOf(snapshot, asOf, person, (history) => fail(snapshot, history));
    if (becomes === "contact" && isFree(snapshot)) return factsOfPerson(asOf, person, words);
    const reason = becomes === "contact" ? words : null;
    return factsOf(snapshot, asOf, person, (history) => pay(snapshot, history, reason));
  },
};

function factsOf({ id }: Snapshot, asOf: number, person: Person | null, decide: Facts["decide"]): Facts {
  return { asOf, person, subject: { kind: "invoice", id }, decide };
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

/** More payments of one invoice than this never wait for a failure. */
const MAX_WAITING = 10;

interface InvoiceHistory {
  readonly failed: boolean;
  readonly waiting: readonly WaitingPayment[];
}

/** A payment that came before any failure was known, and the failure that then made a recovery of it. */
interface WaitingPayment {
  readonly moment: DecidedMoment;
  readonly releasedBy: string | null;
}

const momentSchema = z.object({
  type: z.enum(EVENT_TYPES),
  repeatKey: z.string(),
  providerEventId: z.string(),
  providerEventType: z.string(),
  occurredAt: z.number(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const historySchema = z.object({
  failed: z.boolean(),
  waiting: z.array(z.object({ moment: momentSchema, releasedBy: z.string().nullable() })),
}) satisfies z.ZodType<InvoiceHistory>;

const NOTHING_KNOWN: InvoiceHistory = { failed: false, waiting: [] };

function readHistory(history: JsonObject | null): InvoiceHistory {
  if (history === null) return NOTHING_KNOWN;
  const known = historySchema.safeParse(history);
  return known.success ? known.data : NOTHING_KNOWN;
}

function asJson({ failed, waiting }: InvoiceHistory): JsonObject {
  return { failed, waiting: waiting.map(({ moment, releasedBy }) => ({ moment: { ...moment }, releasedBy })) };
}

/** A failure makes recoveries of the payments that came before it, so that the invoice does not stay failing for ever. */
function fail(snapshot: Snapshot, history: JsonObject | null): Decision {
  const { waiting } = readHistory(history);
  const { id } = snapshot.event;
  const released = waiting.filter(({ releasedBy }) => releasedBy === null || (releasedBy === id && isUnique(id)));
  return {
    moments: [
      momentOf(snapshot, "payment-failed", "failed", paymentData(snapshot, "amount_due")),
      ...released.map(({ moment }) => moment),
    ],
    amendments: [],
    history: asJson({
      failed: true,
      waiting: waiting.map(({ moment, releasedBy }) => ({ moment, releasedBy: releasedBy ?? id })),
    }),
    ignored: null,
  };
}

/** @param reason why a payment recovers nothing as long as no failure is known; null where it recovers by itself. */
function pay(snapshot: Snapshot, history: JsonObject | null, reason: string | null): Decision {
  const known = readHistory(history);
  const moment = momentOf(snapshot, "payment-recovered", "recovered", paymentData(snapshot, "amount_paid"));
  if (reason === null || known.failed) {
    return { moments: [moment], amendments: [], history: asJson(known), ignored: null };
  }
  const waiting = wait(known.waiting, moment);
  return { moments: [], amendments: [], history: asJson({ ...known, waiting }), ignored: reason };
}

function wait(waiting: readonly WaitingPayment[], moment: DecidedMoment): readonly WaitingPayment[] {
  const { providerEventId } = moment;
  const isThere = waiting.some((payment) => payment.moment.providerEventId === providerEventId);
  // An id that many events share can't say later which of them is meant.
  if (isThere || !isUnique(providerEventId) || waiting.length >= MAX_WAITING) return waiting;
  return [...waiting, { moment, releasedBy: null }];
}

function paymentData(snapshot: Snapshot, amount: "amount_due" | "amount_paid") {
  const { id, object } = snapshot;
  return dataOf(snapshot, {
    invoiceId: id,
    // What was paid outside of Stripe does not count as paid in there.
    amount: numberOf(object, amount) || numberOf(object, "amount_due"),
    currency: textOf(object, "currency"),
    attemptCount: numberOf(object, "attempt_count"),
    billingReason: textOf(object, "billing_reason"),
    nextPaymentAttempt: isoOf(object, "next_payment_attempt"),
  });
}
