import { UnreadableEvent, type EventData, type ProviderEvent } from "../connector.ts";
import { booleanOf, idOf, numberOf, objectOf } from "../fields.ts";
import type { Json, JsonObject } from "../json.ts";
import { isId } from "../text.ts";
import { isoTime, plausibleTime } from "../time.ts";

/** A snapshot event with its object: what Stripe knew when the event happened. */
export interface Snapshot {
  readonly event: ProviderEvent;
  /** The object's id. */
  readonly id: string;
  readonly object: JsonObject;
  /**
   * Of what changed, how it was before: hashes are partial, arrays whole (`data.previous_attributes` in
   * https://docs.stripe.com/api/events/object). Empty where the event is no update.
   */
  readonly previous: JsonObject;
}

/** @throws UnreadableEvent where the event is not about an object of this `kind` with an id. */
export function readSnapshot(event: ProviderEvent, kind: string): Snapshot {
  const data = objectOf(event.payload, "data");
  const object = data && objectOf(data, "object");
  if (!data || !object) throw new UnreadableEvent("the event has no data.object");
  if ("object" in object && object.object !== kind) throw new UnreadableEvent(`data.object is not a ${kind}`);
  const id = idOf(object, "id");
  if (id === null) throw new UnreadableEvent(`the ${kind} has no id`);
  return { event, id, object, previous: objectOf(data, "previous_attributes") ?? {} };
}

/** The id that `key` refers to, whether it came bare or as the object itself. */
export function refOf(object: JsonObject, key: string): string | null {
  const value = object[key];
  if (isId(value)) return value;
  const expanded = objectOf(object, key);
  return expanded && idOf(expanded, "id");
}

/** A time, given in seconds, in epoch milliseconds. */
export function timeOf(object: JsonObject, key: string): number | null {
  const seconds = numberOf(object, key);
  return seconds === null ? null : plausibleTime(seconds * 1000);
}

/** A time, given in seconds, as ISO 8601. */
export function isoOf(object: JsonObject, key: string): string | null {
  return isoTime(timeOf(object, key));
}

/** The data of a Stripe event: what every one tells, then `told`. What was not told (null) has no key. */
export function dataOf({ event }: Snapshot, told: Readonly<Record<string, Json>>): EventData {
  const livemode = booleanOf(event.payload, "livemode");
  const account = idOf(event.payload, "account");
  return onlyTold({ livemode, account, ...told });
}

export function onlyTold(told: Readonly<Record<string, Json>>): EventData {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
}
