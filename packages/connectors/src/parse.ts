import { isUtf8 } from "node:buffer";
import type { Json, JsonObject } from "./json.ts";

/** Deeper JSON than this is no provider's: it is refused before anything else walks it. */
export const MAX_DEPTH = 64;

/** The text of a body, exactly as it was sent; null where the bytes are not UTF-8. */
export function decodeText(body: Buffer): string | null {
  return isUtf8(body) ? body.toString("utf8") : null;
}

/**
 * Parses JSON text whose top level is an object. Null where it is anything else, or nested deeper than `MAX_DEPTH`.
 * Never throws. A key named `__proto__` is an own key like any other: read fixed names, or go through `Object.entries`.
 */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) && isShallow(value, MAX_DEPTH) ? value : null;
  } catch {
    return null;
  }
}

/** Whether `value`, which came out of JSON, is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Walks what was parsed rather than the text: a tenth of the cost. Recursion is safe, because it ends at `levels`. */
function isShallow(value: JsonObject | Json[], levels: number): boolean {
  if (levels === 0) return false;
  for (const child of Object.values(value)) {
    if (typeof child === "object" && child !== null && !isShallow(child, levels - 1)) return false;
  }
  return true;
}
