import type { MaxAttributes, Person, Scalar } from "@mara/connectors";
import { notOlder, type IdentityFacts, type Stamp, type Told, type Voice } from "./identity.ts";
import type { BillingProvider } from "./roles.ts";

const PROFILE_KEYS = ["email", "name", "username", "avatarUrl"] as const;

/** An identity keeps as many attributes as a contact shows: the first in alphabetical order, whatever the order of arrival. */
const MAX_ATTRIBUTES: MaxAttributes = 50;

/**
 * Lays what an event tells of a person over what an identity was told before. Nothing older overwrites what is newer,
 * so the outcome is the same in whatever order events come. Of two values with one stamp the one that is told now counts: a
 * replay, after a mapping was mended, mends what was told. Answers the same object when nothing changed.
 */
export function tell(known: IdentityFacts, person: Person, stamp: Stamp): IdentityFacts {
  const voice = tellVoice(known, person, stamp, known.forgotten);
  const facts = voice === known ? known : { ...known, ...voice };
  if (!person.deleted || (known.deletedAt !== undefined && known.deletedAt <= stamp[0])) return facts;
  return { ...facts, deletedAt: stamp[0] };
}

/** The same for what a billing provider tells under an id that is not its own. */
export function tellAsGuest(known: IdentityFacts, provider: BillingProvider, person: Person, stamp: Stamp): IdentityFacts {
  const before = known.guests?.[provider] ?? {};
  const told = tellVoice(before, person, stamp, known.forgotten);
  return told === before ? known : { ...known, guests: { ...known.guests, [provider]: told } };
}

/** Answers the same object when nothing changed. */
function tellVoice(known: Voice, person: Person, stamp: Stamp, forgotten: Stamp | undefined): Voice {
  const facts = { ...known };
  let changed = false;
  for (const key of PROFILE_KEYS) {
    const value = person.profile[key];
    if (value === undefined || isForgotten(stamp, forgotten) || !replaces(value, stamp, facts[key])) continue;
    facts[key] = [value, ...stamp];
    changed = true;
  }
  // Of several events that tell what is as old as one order, the later one counts, whichever came first.
  const attributes = tellAttributes(facts, person, person.attributesAsOf === undefined ? stamp : [person.attributesAsOf, stamp[0]], forgotten);
  if (attributes) {
    Object.assign(facts, attributes);
    changed = true;
  }
  return changed ? facts : known;
}

function tellAttributes(
  known: Voice,
  person: Person,
  stamp: Stamp,
  forgotten: Stamp | undefined,
): Pick<Voice, "attributes" | "snapshot"> | null {
  if (person.deleted || isForgotten(stamp, forgotten)) return null;
  const entries = Object.entries(person.attributes);
  if (person.attributesMode === "snapshot") {
    if (known.snapshot && (!notOlder(stamp, known.snapshot) || isToldAlike(entries, stamp, known))) return null;
    return { attributes: Object.fromEntries(entries.map(([key, value]) => [key, [value, ...stamp] as const])), snapshot: stamp };
  }
  const before = known.attributes ?? {};
  const told = entries.filter(([key, value]) => replaces(value, stamp, Object.hasOwn(before, key) ? before[key] : undefined));
  if (told.length === 0) return null;
  const all = { ...before, ...Object.fromEntries(told.map(([key, value]) => [key, [value, ...stamp] as const])) };
  return { attributes: firstInOrder(all) };
}

/** Whether the last snapshot says the same, and at the same time: as where an import is made again. */
function isToldAlike(entries: readonly (readonly [key: string, value: Scalar])[], stamp: Stamp, { attributes = {}, snapshot }: Voice): boolean {
  if (!snapshot || snapshot[0] !== stamp[0] || snapshot[1] !== stamp[1]) return false;
  return entries.length === Object.keys(attributes).length && entries.every(([key, value]) => attributes[key]?.[0] === value);
}

/** Whether a value counts from now on. An equal one that is told later does as well: it has to hold against one that comes late from in between. */
function replaces(value: Scalar | null, stamp: Stamp, known: Told<Scalar | null> | undefined): boolean {
  if (!known) return true;
  const [before, ...toldAt] = known;
  return before === value ? !notOlder(toldAt, stamp) : notOlder(stamp, toldAt);
}

/** Whether something newer than this was told, and is forgotten since. */
function isForgotten(stamp: Stamp, forgotten: Stamp | undefined): boolean {
  return forgotten !== undefined && notOlder(forgotten, stamp);
}

/** The first fifty keys in alphabetical order. */
export function firstInOrder<T>(attributes: Record<string, T>): Record<string, T> {
  const entries = Object.entries(attributes);
  if (entries.length <= MAX_ATTRIBUTES) return attributes;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_ATTRIBUTES));
}
