import { z } from "zod";
import { UnreadableEvent, type Amendment, type Decision, type Person } from "../connector.ts";
import { booleanOf, numberOf, objectOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { isUnique } from "./event.ts";
import { momentOf, type ObjectKind } from "./facts.ts";
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
      decide: (history) => decide(snapshot, refund, readHistory(history)),
    };
  },
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

/** A refund as its charge tells it: only in sums of all refunds so far. */
interface Refund {
  readonly total: number;
  /** The sum before this one; null where it was not told. */
  readonly before: number | null;
  readonly full: boolean;
}

function readRefund({ object, previous }: Snapshot): Refund {
  const total = numberOf(object, "amount_refunded");
  if (total === null) throw new UnreadableEvent("the charge has no amount_refunded");
  const before = numberOf(previous, "amount_refunded");
  const amount = numberOf(object, "amount");
  return {
    total,
    before: before !== null && before < total ? before : null,
    full: booleanOf(object, "refunded") ?? (amount !== null && total >= amount),
  };
}

/** More refunds of one charge than this are judged without the first of them. */
const MAX_KEPT = 100;

const historySchema = z.object({
  /** The sums that are known to have stood, rising. */
  totals: z.array(z.number()),
  /** Events that did not tell the sum before: their amounts follow from `totals`, and change as more become known. */
  inferred: z.array(z.object({ eventId: z.string(), total: z.number() })),
});

type ChargeHistory = z.infer<typeof historySchema>;

function readHistory(history: JsonObject | null): ChargeHistory {
  if (history === null) return { totals: [], inferred: [] };
  const known = historySchema.safeParse(history);
  return known.success ? known.data : { totals: [], inferred: [] };
}

function decide(snapshot: Snapshot, refund: Refund, known: ChargeHistory): Decision {
  const { id, event, object } = snapshot;
  const history = learn(known, event.id, refund);
  const data = dataOf(snapshot, {
    chargeId: id,
    amount: refund.total - (refund.before ?? sumBefore(history, refund.total)),
    refundedTotal: refund.total,
    currency: textOf(object, "currency"),
    full: refund.full,
  });
  return {
    moments: [momentOf(snapshot, "refund-issued", `refunded ${refund.total}`, data)],
    amendments: corrections(known, history),
    history: { totals: history.totals, inferred: history.inferred.map((entry) => ({ ...entry })) },
    ignored: null,
  };
}

function learn(known: ChargeHistory, eventId: string, { total, before }: Refund): ChargeHistory {
  const totals = new Set([...known.totals, total, ...(before === null ? [] : [before])]);
  const isInferred = before === null && isUnique(eventId) && !known.inferred.some((entry) => entry.eventId === eventId);
  return {
    totals: [...totals].sort((a, b) => a - b).slice(-MAX_KEPT),
    inferred: [...known.inferred, ...(isInferred ? [{ eventId, total }] : [])].slice(-MAX_KEPT),
  };
}

/** The greatest sum that is known to have stood before `total`. */
function sumBefore({ totals }: ChargeHistory, total: number): number {
  return Math.max(0, ...totals.filter((sum) => sum < total));
}

/** A refund that comes late can show that one recorded earlier was smaller than it seemed. */
function corrections(known: ChargeHistory, now: ChargeHistory): Amendment[] {
  return known.inferred.flatMap(({ eventId, total }) => {
    const before = sumBefore(now, total);
    return before === sumBefore(known, total) ? [] : [{ providerEventId: eventId, data: { amount: total - before } }];
  });
}
