import type { ProviderEvent } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";
import { orderOf, subscriptionOf } from "../src/polar/sample-objects.ts";
import { polarTime } from "../src/polar/sample-shop.ts";

export const DAY = 86_400_000;
/** When the subscriptions and orders of these tests begin. */
export const START = Date.UTC(2026, 8, 1, 10);

/** Days after the start as Polar writes it. */
export const onDay = (day: number) => polarTime(START + day * DAY);

/** An event about one subscription, days after its start. `changes` go over what the sample subscription tells. */
export function subscriptionEvent(type: string, day: number, changes: JsonObject = {}): ProviderEvent {
  const at = START + day * DAY;
  const data = subscriptionOf({ at, seed: "subscriber" }, "pro", changes);
  return eventOf(`subscription.${type}`, at, data, `${type} on day ${day}`);
}

/** The same about one order. */
export function orderEvent(type: string, day: number, changes: JsonObject = {}): ProviderEvent {
  const at = START + day * DAY;
  const data = orderOf({ at, seed: "buyer" }, "lifetime", changes);
  return eventOf(`order.${type}`, at, data, `${type} on day ${day}`);
}

export function eventOf(type: string, at: number, data: JsonObject, id: string): ProviderEvent {
  const payload: JsonObject = { type, timestamp: polarTime(at), data };
  return { id, type, occurredAt: at, payload };
}

export const NEVER_TRIED = { trial_start: null, trial_end: null };
/** A trial from the start on, of 14 days. */
export const TRIED = { trial_start: onDay(0), trial_end: onDay(14) };

export const created = (day = 0, changes: JsonObject = {}) => subscriptionEvent("created", day, changes);

export const active = (day: number, changes: JsonObject = NEVER_TRIED) => subscriptionEvent("active", day, changes);

export const pastDue = (day: number, changes: JsonObject = {}) =>
  subscriptionEvent("past_due", day, { past_due_at: onDay(day), ...changes });

/** Into a period that starts on the day. */
export const cycled = (day: number, changes: JsonObject = {}) =>
  subscriptionEvent("cycled", day, { current_period_start: onDay(day), ...changes });

export const updated = (day: number, amount = 2000, changes: JsonObject = {}) =>
  subscriptionEvent("updated", day, { amount, ...changes });
