import {
  UnreadableEvent,
  type Identified,
  type KeptEvent,
  type ProviderEvent,
  type VerifiedDelivery,
} from "../connector.ts";
import { idOf, textOf } from "../fields.ts";
import { decodeText, parseObject } from "../parse.ts";
import { isId } from "../text.ts";
import { parseTime } from "../time.ts";
import { eventIdOf } from "./signature.ts";

export function identify(delivery: VerifiedDelivery, receivedAt: number): Identified {
  const id = eventIdOf(delivery);
  const body = decodeText(delivery.body);
  if (!isId(id) || body === null) return { ok: false };
  const event = eventOf(id, body, receivedAt);
  return event ? { ok: true, event, kept: { id, body, receivedAt }, dedupe: true } : { ok: false };
}

export function read({ id, body, receivedAt }: KeptEvent): ProviderEvent {
  const event = eventOf(id, body, receivedAt);
  if (!event) throw new UnreadableEvent("the body is not a JSON event with a type");
  return event;
}

/** The event in `text`; null where it is no JSON object with a type. */
function eventOf(id: string, text: string, receivedAt: number): ProviderEvent | null {
  const payload = parseObject(text);
  const type = payload && idOf(payload, "type");
  if (!payload || type === null) return null;
  return { id, type, occurredAt: parseTime(textOf(payload, "timestamp")) ?? receivedAt, payload };
}
