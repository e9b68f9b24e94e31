import { isUtf8 } from "node:buffer";
import type { Json, JsonObject } from "./json.ts";

/** Deeper JSON than this is no provider's: it is refused before anything walks it. */
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
  if (isTooDeep(text)) return null;
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Whether `value`, which came out of JSON, is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === BACKSLASH) i++;
      else if (char === QUOTE) quoted = false;
    } else if (char === QUOTE) quoted = true;
    else if (OPEN.has(char)) {
      depth++;
      if (depth > MAX_DEPTH) return true;
    } else if (CLOSE.has(char)) depth--;
  }
  return false;
}
