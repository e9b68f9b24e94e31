import { z } from "zod";
import { UnreadableEvent, type Decision, type Person } from "../connector.ts";
import { booleanOf, numberOf, objectOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { addRefund, type RefundSums, type ToldRefund } from "../refunds.ts";
import { isUnique } from "./event.ts";
import { factsOfPerson, momentOf, type ObjectKind } from "./facts.ts";
import { personOf } from "./person.ts";
import { dataOf, refOf, timeOf, type Snapshot } from "./snapshot.ts";

export const charge: ObjectKind<"refund-issued"> = {
  name: "charge",
  facts(snapshot) {
    const { id } = snapshot;
    const refund = readRefund(snapshot);
    return {
      asOf: chargedAt(snapshot),
      person: payerOf(snapshot.object),
      subject: { kind: "charge", id },
      decide: (history) => decideRefund(snapshot, refund, history),
    };
  },
  contactFacts: (snapshot, reason) => factsOfPerson(chargedAt(snapshot), payerOf(snapshot.object), reason),
};

/** The address is the one that was given to pay with, however much later the refund comes. */
function chargedAt({ event, object }: Snapshot): number {
  return Math.min(event.occurredAt, timeOf(object, "created") ?? event.occurredAt);
}

/** A charge's own metadata is not projected. */
function payerOf(object: JsonObject): Person | null {
  const billing = objectOf(object, "billing_details") ?? {};
  return personOf({
    customer: refOf(object, "customer"),
    emails: [billing.email, object.receipt_email],
    name: textOf(billing, "name"),
  });
}

interface Refund extends ToldRefund {
  readonly full: boolean;
}

/** A charge tells the sum of its refunds (https://docs.stripe.com/api/charges/object), and `previous_attributes` what that was before. */
function readRefund({ event, object, previous }: Snapshot): Refund {
  const total = numberOf(object, "amount_refunded");
  if (total === null) throw new UnreadableEvent("the charge has no amount_refunded");
  const before = numberOf(previous, "amount_refunded");
  const amount = numberOf(object, "amount");
  return {
    eventId: isUnique(event.id) ? event.id : null,
    total,
    before: before !== null && before < total ? before : null,
    full: booleanOf(object, "refunded") ?? (amount !== null && total >= amount),
  };
}

function decideRefund(snapshot: Snapshot, refund: Refund, history: JsonObject | null): Decision {
  const { id, object } = snapshot;
  const { amount, amendments, sums } = addRefund(readHistory(history), refund);
  const data = dataOf(snapshot, {
    chargeId: id,
    amount,
    refundedTotal: refund.total,
    currency: textOf(object, "currency"),
    full: refund.full,
  });
  return {
    moments: [momentOf(snapshot, "refund-issued", `refunded ${refund.total}`, data)],
    amendments,
    history: { totals: [...sums.totals], inferred: sums.inferred.map((entry) => ({ ...entry })) },
    ignored: null,
  };
}

const historySchema = z.object({
  totals: z.array(z.number()),
  inferred: z.array(z.object({ eventId: z.string(), total: z.number() })),
}) satisfies z.ZodType<RefundSums>;

/** One in another form than this tells nothing. */
function readHistory(history: JsonObject | null): RefundSums {
  const known = historySchema.safeParse(history);
  return known.success ? known.data : { totals: [], inferred: [] };
}
