import {
  UnreadableEvent,
  type Identified,
  type KeptEvent,
  type ProviderEvent,
  type VerifiedDelivery,
} from "../connector.ts";
import { idOf, numberOf } from "../fields.ts";
import type { Json } from "../json.ts";
import { decodeText, isObject, parseObject } from "../parse.ts";
import { isId } from "../text.ts";
import { rowOf } from "./mapping.ts";
import { headersOf } from "./signature.ts";
import { clerkTime } from "./time.ts";

/**
 * What a tenant's servers keep to themselves, and what any visitor can write (https://clerk.com/docs/guides/users/extending):
 * never read, never kept.
 */
const HIDDEN = new Set(["private_metadata", "unsafe_metadata"]);

export function identify(delivery: VerifiedDelivery, receivedAt: number): Identified {
  const id = headersOf(delivery)?.id;
  const text = decodeText(delivery.body);
  if (!isId(id) || text === null) return { ok: false };
  const event = eventOf(id, text, receivedAt);
  if (!event) return { ok: false };
  return { ok: true, event, kept: { id, body: JSON.stringify(event.payload), receivedAt }, dedupe: true };
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
  // E-mails with their one-time codes, sessions, organisations: nothing is read from them, so nothing is carried along.
  if (!rowOf(type)) delete payload.data;
  hide(payload);
  return { id, type, occurredAt: clerkTime(numberOf(payload, "timestamp")) ?? receivedAt, payload };
}

/** Takes the hidden metadata out of `value`, at every depth: Clerk nests users and organisations in other objects. */
function hide(value: Json | undefined): void {
  if (Array.isArray(value)) value.forEach(hide);
  else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (HIDDEN.has(key)) delete value[key];
      else hide(value[key]);
    }
  }
}
