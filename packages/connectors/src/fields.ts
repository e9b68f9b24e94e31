import type { Json, JsonObject } from "./json.ts";
import { isObject } from "./parse.ts";
import { cleanText, isId, MAX_TEXT } from "./text.ts";

/** Readers of a stranger's object: each answers null where the key is absent or holds anything else than was asked for. */

/** A string, storable, trimmed, cut to `max`; null where it is empty. */
export function textOf(object: JsonObject, key: string, max: number = MAX_TEXT): string | null {
  const value = object[key];
  return typeof value === "string" ? cleanText(value, max) : null;
}

/** An id as `isId` has it. */
export function idOf(object: JsonObject, key: string): string | null {
  const value = object[key];
  return isId(value) ? value : null;
}

/** A finite number: JSON's `1e999` is none. */
export function numberOf(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function booleanOf(object: JsonObject, key: string): boolean | null {
  const value = object[key];
  return typeof value === "boolean" ? value : null;
}

export function objectOf(object: JsonObject, key: string): JsonObject | null {
  const value = object[key];
  return isObject(value) ? value : null;
}

/** A list, whatever is in it; null where there is none. */
export function listOf(object: JsonObject, key: string): readonly Json[] | null {
  const value = object[key];
  return Array.isArray(value) ? value : null;
}

/** The objects of a list, others left out; empty where there is no list. */
export function objectsOf(object: JsonObject, key: string): readonly JsonObject[] {
  return (listOf(object, key) ?? []).filter(isObject);
}
