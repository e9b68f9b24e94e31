import type { ProviderEvent } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";
import { orderOf, polarTime, subscriptionOf, type ProductName } from "../src/polar/sample-objects.ts";

export const DAY = 86_400_000;
/** When the subscriptions and orders of these tests begin. */
export const START = Date.UTC(2026, 8, 1, 10);

/** Days after the start as Polar writes it. */
export const onDay = (day: number) => polarTime(START + day * DAY);

/** An event about one subscription on a day after its start. `told` goes over what the sample subscription tells; undefined keys are left out. */
export function subscriptionEvent(type: string, day: number, told: JsonObject = {}, product: ProductName = "pro"): ProviderEvent {
  const at = START + day * DAY;
  const data = subscriptionOf({ at, seed: "subscriber" }, product, told);
  return eventOf(`subscription.${type}`, at, data, `${type} on day ${day}`);
}

/** The same about one order. */
export function orderEvent(type: string, day: number, told: JsonObject = {}): ProviderEvent {
  const at = START + day * DAY;
  const data = orderOf({ at, seed: "buyer" }, "lifetime", told);
  return eventOf(`order.${type}`, at, data, `${type} on day ${day}`);
}

export function eventOf(type: string, at: number, data: JsonObject, id: string): ProviderEvent {
  const payload: JsonObject = { type, timestamp: polarTime(at), data };
  return { id, type, occurredAt: at, payload };
}
