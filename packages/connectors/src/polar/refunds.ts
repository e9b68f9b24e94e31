import { z } from "zod";
import type { DecidedMoment, Decision, EventData, ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { addRefund, type RefundSums } from "../refunds.ts";
import type { Order } from "./order.ts";

/** The sums of all refunds so far, smallest first, each with the events that told it. */
const historySchema = z.object({
  refunds: z.array(z.object({ total: z.number(), eventIds: z.array(z.string()) })),
});

/** A refund of an order. Polar tells the sum of all refunds so far, and never the one before. */
export function decideRefund(order: Order, event: ProviderEvent, history: JsonObject | null): Decision {
  const known = readHistory(history);
  const total = order.refundedTotal;
  const data: EventData = {
    orderId: order.id,
    ...(order.currency === null ? {} : { currency: order.currency }),
    ...(order.isFullyRefunded === null ? {} : { full: order.isFullyRefunded }),
  };
  if (total === null) {
    const moment = refundMoment(event, `refunded by ${event.id}`, data);
    return { moments: [moment], amendments: [], history: asJson(known), ignored: null };
  }
  const { amount, amendments, sums } = addRefund(known, { eventId: event.id, total, before: null });
  const moment = refundMoment(event, `refunded ${total}`, { ...data, amount, refundedTotal: total });
  return { moments: [moment], amendments, history: asJson(sums), ignored: null };
}

/** One in another form than this tells nothing. */
function readHistory(history: JsonObject | null): RefundSums {
  const known = historySchema.safeParse(history);
  const refunds = known.success ? known.data.refunds : [];
  return {
    totals: refunds.map(({ total }) => total),
    inferred: refunds.flatMap(({ total, eventIds }) => eventIds.map((eventId) => ({ eventId, total }))),
  };
}

function asJson({ totals, inferred }: RefundSums): JsonObject {
  const tellersOf = (total: number) => inferred.filter((entry) => entry.total === total).map(({ eventId }) => eventId);
  return { refunds: totals.map((total) => ({ total, eventIds: tellersOf(total) })) };
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
