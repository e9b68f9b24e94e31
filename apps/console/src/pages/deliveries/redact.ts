import type { Json, JsonObject } from "@mara/connectors";
import { kindOfKey, withoutPersonal, type Kind } from "./personal.ts";

/** A payload as it may be looked at. */
export interface Redacted {
  /** Pretty-printed JSON. What was taken out stands there as what it was: "[e-mail]", "[name]". */
  readonly text: string;
  /** Whether more was left out, because it is deep or long. */
  readonly isCut: boolean;
}

const MAX_DEPTH = 12;
const MAX_ENTRIES = 200;
const MAX_KEY = 100;
const MAX_STRING = 1_000;
/** More than the longest half that looks like nothing: an e-mail address has up to 64 characters before its @, tokens show sooner. */
const LONGEST_HALF = 100;
/** Of the text, so that a page stays small whatever a payload holds. */
const MAX_TEXT = 20_000;
/** Around a value that stands on a line of its own. */
const PUNCTUATION = 6;
const INDENT = 2;

/** How much of the page is left. */
interface Room {
  left: number;
  isCut: boolean;
}

/** Where a value stands. */
interface Place {
  readonly depth: number;
  /** What everything in here is taken for. */
  readonly kind: Kind | null;
  /** Whether this is a product, a plan or another thing whose name is nobody's. */
  readonly isThing: boolean;
}

/**
 * A kept payload without e-mail addresses, names, addresses, phone numbers, IP addresses, what people typed, custom fields,
 * and whatever looks like a secret. Null where it is no JSON. Takes the same time for every payload of one size, and gives a bounded text.
 */
export function redact(body: string): Redacted | null {
  const payload = parse(body);
  if (payload === undefined) return null;
  const room: Room = { left: MAX_TEXT, isCut: false };
  const clean = cleanValue(payload, { depth: 0, kind: null, isThing: false }, room);
  return { text: visible(JSON.stringify(clean, null, INDENT)), isCut: room.isCut };
}

function parse(body: string): Json | undefined {
  try {
    const payload: Json = JSON.parse(body);
    return payload;
  } catch {
    return undefined;
  }
}

function cleanValue(value: Json, place: Place, room: Room): Json {
  if (value === null) return spend(room, place, value);
  // A box that somebody ticked is an answer; elsewhere yes and no say nothing of a person.
  if (typeof value === "boolean") return spend(room, place, place.kind === "custom field" ? `[${place.kind}]` : value);
  if (typeof value === "number") return spend(room, place, place.kind === null ? value : `[${place.kind}]`);
  if (typeof value === "string") return spend(room, place, value === "" ? "" : cleanText(value, place.kind));
  if (place.depth >= MAX_DEPTH) return cut(room);
  room.left -= place.depth * INDENT + PUNCTUATION;
  return Array.isArray(value) ? cleanArray(value, place, room) : cleanObject(value, place, room);
}

function cleanText(text: string, kind: Kind | null): string {
  if (kind !== null) return `[${kind}]`;
  return beginningOf(text, MAX_STRING);
}

/** Up to `longest` characters of a text, without what is personal. */
function beginningOf(text: string, longest: number): string {
  // Cut twice: what begins before the end is whole when it is looked at, and nothing long is looked at in full.
  const isLong = text.length > 2 * longest;
  const clean = withoutPersonal(text.slice(0, 2 * longest));
  // Half an address or token, where the first cut went through one, is not known for what it is.
  const certain = isLong ? clean.slice(0, -LONGEST_HALF) : clean;
  return isLong || certain.length > longest ? `${certain.slice(0, longest)}…` : certain;
}

function cleanArray(values: readonly Json[], place: Place, room: Room): Json[] {
  const clean: Json[] = [];
  for (const value of values) {
    if (clean.length === MAX_ENTRIES || room.left <= 0) {
      clean.push(cut(room));
      break;
    }
    clean.push(cleanValue(value, { ...place, depth: place.depth + 1 }, room));
  }
  return clean;
}

function cleanObject(object: JsonObject, place: Place, room: Room): JsonObject {
  const isThing = place.isThing || isNameOfThing(object.object);
  const clean: [string, Json][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (clean.length === MAX_ENTRIES || room.left <= 0) {
      clean.push(["…", cut(room)]);
      break;
    }
    const shortKey = key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}…` : key;
    room.left -= shortKey.length;
    const kind = place.kind ?? (isSellers(object, key) ? null : kindOfKey(shortKey, isThing));
    const inner = { depth: place.depth + 1, kind: isOfMany(kind, value) ? null : kind, isThing: isNameOfThing(key) };
    clean.push([beginningOf(key, MAX_KEY), cleanValue(value, inner, room)]);
  }
  return Object.fromEntries(clean);
}

/** A person's e-mail addresses come as objects with states of their own, which say why a person was or was not recognised. */
function isOfMany(kind: Kind | null, value: Json): boolean {
  return kind === "e-mail" && typeof value === "object";
}

/** The seller's own name stands in each of its invoices. */
function isSellers({ object }: JsonObject, key: string): boolean {
  return object === "invoice" && key === "account_name";
}

const THINGS = new Set(["product", "products", "plan", "price", "prices", "coupon", "discount", "meter", "benefit", "benefits", "tier"]);

function isNameOfThing(name: Json | undefined): boolean {
  return typeof name === "string" && THINGS.has(name);
}

function spend<Value extends Json>(room: Room, place: Place, value: Value): Value {
  room.left -= JSON.stringify(value).length + place.depth * INDENT + PUNCTUATION;
  return value;
}

function cut(room: Room): string {
  room.isCut = true;
  return "…";
}

/** Characters that turn the direction of a text or that nobody sees are written as JSON escapes them. */
function visible(json: string): string {
  return json.replace(/[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
