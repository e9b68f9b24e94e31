import { z } from "zod";
import type { Amendment, DecidedMoment, Decision, EventData, ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import type { Order } from "./order.ts";

/** More parts than this nobody refunds an order in; the smallest sums, which are the oldest, are forgotten first. */
export const MAX_REFUNDS = 50;
/** More events than this tell no refund; those beyond it are not corrected any more. */
const MAX_TELLERS = 8;

const refundsSchema = z.object({
  /** Smallest sum first. */
  refunds: z.array(
    z.object({
      /** Of all refunds of the order so far. */
      total: z.number(),
      /** The events that told it. */
      eventIds: z.array(z.string()),
    }),
  ),
});

type Refunds = z.infer<typeof refundsSchema>["refunds"];

/**
 * A refund of an order. Polar tells the sum of all refunds so far, so this one is what that sum exceeds the next smaller
 * known one by. The sums put themselves in order: a refund that comes late takes its share from the one after it.
 */
export function decideRefund(order: Order, event: ProviderEvent, history: JsonObject | null): Decision {
  const known = readRefunds(history);
  const total = order.refundedTotal;
  const data: EventData = {
    orderId: order.id,
    ...(order.currency === null ? {} : { currency: order.currency }),
    ...(order.isFullyRefunded === null ? {} : { full: order.isFullyRefunded }),
  };
  if (total === null) {
    const moment = refundMoment(event, `refunded by ${event.id}`, data);
    return { moments: [moment], amendments: [], history: { refunds: known }, ignored: null };
  }
  const smaller = known.findLast((refund) => refund.total < total)?.total ?? 0;
  const moment = refundMoment(event, `refunded ${total}`, { ...data, amount: total - smaller, refundedTotal: total });
  const refunds = withRefund(known, total, event.id);
  return { moments: [moment], amendments: amendmentsAbove(total, known), history: { refunds }, ignored: null };
}

function readRefunds(history: JsonObject | null): Refunds {
  const read = refundsSchema.safeParse(history);
  return read.success ? read.data.refunds : [];
}

function withRefund(known: Refunds, total: number, eventId: string): Refunds {
  const before = known.find((refund) => refund.total === total)?.eventIds ?? [];
  const eventIds = before.includes(eventId) ? before : [...before, eventId].slice(0, MAX_TELLERS);
  const others = known.filter((refund) => refund.total !== total);
  return [...others, { total, eventIds }].sort((a, b) => a.total - b.total).slice(-MAX_REFUNDS);
}

/** The next greater sum begins where this one ends. */
function amendmentsAbove(total: number, known: Refunds): Amendment[] {
  const next = known.find((refund) => refund.total > total);
  if (!next) return [];
  return next.eventIds.map((providerEventId) => ({ providerEventId, data: { amount: next.total - total } }));
}

function refundMoment(event: ProviderEvent, repeatKey: string, data: EventData): DecidedMoment {
  return {
    type: "refund-issued",
    repeatKey,
    providerEventId: event.id,
    providerEventType: event.type,
    occurredAt: event.occurredAt,
    data,
  };
}
