import {
  UnreadableEvent,
  type Identified,
  type KeptEvent,
  type ProviderEvent,
  type VerifiedDelivery,
} from "../connector.ts";
import { idOf, numberOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { decodeText, parseObject } from "../parse.ts";
import { parseTime, plausibleTime } from "../time.ts";

/** What the dashboard's older test button puts on every event: it tells none of them apart. */
const REUSED_ID = /^evt_0{14,}$/;

export function identify(delivery: VerifiedDelivery, receivedAt: number): Identified {
  const body = decodeText(delivery.body);
  const event = body === null ? null : eventOf(body, receivedAt);
  if (body === null || !event) return { ok: false };
  return { ok: true, event, kept: { id: event.id, body, receivedAt }, dedupe: isUnique(event.id) };
}

export function read({ body, receivedAt }: KeptEvent): ProviderEvent {
  const event = eventOf(body, receivedAt);
  if (!event) throw new UnreadableEvent("the body is not a JSON event with an id and a type");
  return event;
}

/** Whether an event id names one event only. */
export function isUnique(eventId: string): boolean {
  return !REUSED_ID.test(eventId);
}

function eventOf(text: string, receivedAt: number): ProviderEvent | null {
  const payload = parseObject(text);
  const id = payload && idOf(payload, "id");
  const type = payload && idOf(payload, "type");
  if (!payload || id === null || type === null) return null;
  return { id, type, occurredAt: timeOf(payload) ?? receivedAt, payload };
}

/** Snapshot events are dated in seconds, thin ones in ISO 8601. */
function timeOf(payload: JsonObject): number | null {
  const seconds = numberOf(payload, "created");
  return seconds === null ? parseTime(textOf(payload, "created")) : plausibleTime(seconds * 1000);
}
