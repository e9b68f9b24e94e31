import { idOf, numberOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { isObject } from "../parse.ts";
import { ownIdOf } from "./sighting.ts";

/** What an event tells of its order. Amounts in the currency's minor unit; null where it was not told. */
export interface Order {
  readonly id: string;
  readonly currency: string | null;
  /** What was paid, taxes included. */
  readonly total: number | null;
  /** What was refunded so far, taxes left out, as Polar counts it. */
  readonly refundedTotal: number | null;
  readonly isFullyRefunded: boolean | null;
  readonly isOneTime: boolean;
}

const MAX_WORD = 64;

/** Reads the order in `data`, the object of an `order.*` event. Throws `UnreadableEvent` where it has no id. */
export function orderOf(data: JsonObject): Order {
  return {
    id: ownIdOf(data),
    currency: textOf(data, "currency", MAX_WORD)?.toLowerCase() ?? null,
    total: numberOf(data, "total_amount") ?? numberOf(data, "net_amount") ?? numberOf(data, "amount"),
    refundedTotal: numberOf(data, "refunded_amount"),
    isFullyRefunded: isFullyRefunded(data),
    isOneTime: isOneTime(data),
  };
}

/** By the reason that Polar gives for the bill (https://polar.sh/docs/integrate/webhooks/events); an order without one is tied to a subscription if it names it. */
function isOneTime(data: JsonObject): boolean {
  const reason = textOf(data, "billing_reason", MAX_WORD);
  if (reason !== null) return reason === "purchase";
  return ["subscription_id", "subscription"].every((key) => idOf(data, key) === null && !isObject(data[key]));
}

function isFullyRefunded(data: JsonObject): boolean | null {
  const status = textOf(data, "status", MAX_WORD);
  if (status === "refunded" || status === "partially_refunded") return status === "refunded";
  const [refunded, net] = [numberOf(data, "refunded_amount"), numberOf(data, "net_amount")];
  return refunded === null || net === null ? null : refunded >= net;
}
