import { normaliseEmail } from "./email.ts";
import type { Json } from "./json.ts";
import { isObject } from "./parse.ts";
import { connectors } from "./registry.ts";
import { isAppId, isId } from "./text.ts";

/** Everybody whom a text may name, by where providers name people, without an understanding of what it says. */
export interface Mentions {
  /** The provider's own ids: those of people, and of much else. */
  readonly ids: readonly string[];
  /** The tenant's own ids. */
  readonly appIds: readonly string[];
  /** Whole e-mail addresses, folded as those of a `Person`. */
  readonly addresses: readonly string[];
}

/** The keys under which connectors find a provider's own id for a person. */
const ID_KEYS = new Set<string>(Object.values(connectors).flatMap(({ personKeys }) => personKeys.own));

/** The keys under which they find the tenant's. An equal string anywhere else is a word, not an id: `usd`, `1`, `active`. */
const APP_ID_KEYS = new Set<string>(Object.values(connectors).flatMap(({ personKeys }) => personKeys.app));

/** What stands around an address in running text. Nothing that an address may have in it, or it would become another's. */
const AROUND_ADDRESSES = /[\s<>()[\],;:"]+/;

/**
 * Whom a body names that its connector can't read. Only whole strings count as ids, and only whole addresses as addresses:
 * `joann@x.test` is not `ann@x.test`. Never throws, and needs no more stack for deeper JSON.
 */
export function mentionsIn(text: string): Mentions {
  const ids = new Set<string>();
  const appIds = new Set<string>();
  const addresses = new Set<string>();
  const waiting: [key: string, value: Json][] = [["", valueOf(text)]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [key, value] = next;
    if (typeof value === "string") {
      if (ID_KEYS.has(key) && isId(value)) ids.add(value);
      if (APP_ID_KEYS.has(key) && isAppId(value)) appIds.add(value);
      for (const address of addressesIn(value)) addresses.add(address);
    } else if (Array.isArray(value)) {
      for (const each of value) waiting.push([key, each]);
    } else if (isObject(value)) {
      // What a tenant's own code wrote may have an address for its key.
      for (const [name, child] of Object.entries(value)) waiting.push(["", name], [name, child ?? null]);
    }
  }
  return { ids: [...ids], appIds: [...appIds], addresses: [...addresses] };
}

/** What is no JSON is one string. */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function addressesIn(text: string): string[] {
  if (!text.includes("@")) return [];
  return [text, ...text.split(AROUND_ADDRESSES)].flatMap((part) => normaliseEmail(withoutLastDots(part)) ?? []);
}

/** Counted from the end: an expression for it tries anew at every dot, and takes minutes for a body that is full of them. */
function withoutLastDots(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ".") end--;
  return text.slice(0, end);
}
