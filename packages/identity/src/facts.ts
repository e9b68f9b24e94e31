import type { Person } from "@mara/connectors";
import { notOlder, type BillingProvider, type IdentityFacts, type Stamp, type Told, type Voice } from "./identity.ts";

const PROFILE_KEYS = ["email", "name", "username", "avatarUrl"] as const;

/** An identity keeps as many attributes as a contact shows: the first in alphabetical order, whatever the order of arrival. */
export const MAX_ATTRIBUTES = 50;

/**
 * Lays what an event tells of a person over what an identity was told before. Nothing older overwrites what is newer,
 * so the outcome is the same in whatever order events come. Answers the same object when nothing changed.
 */
export function tell(known: IdentityFacts, person: Person, stamp: Stamp): IdentityFacts {
  const voice = tellVoice(known, person, stamp);
  const facts = voice === known ? known : { ...known, ...voice };
  if (!person.deleted || (known.deletedAt !== undefined && known.deletedAt <= stamp[0])) return facts;
  return { ...facts, deletedAt: stamp[0] };
}

/** The same for what a billing provider tells under an id that is not its own. */
export function tellAsGuest(known: IdentityFacts, provider: BillingProvider, person: Person, stamp: Stamp): IdentityFacts {
  const before = known.guests?.[provider] ?? {};
  const told = tellVoice(before, person, stamp);
  return told === before ? known : { ...known, guests: { ...known.guests, [provider]: told } };
}

/** Answers the same object when nothing changed. */
function tellVoice(known: Voice, person: Person, stamp: Stamp): Voice {
  const facts = { ...known };
  let changed = false;
  for (const key of PROFILE_KEYS) {
    const value = person.profile[key];
    if (value === undefined) continue;
    const before = facts[key];
    if (before && (before[0] === value || !notOlder(stamp, [before[1], before[2]]))) {
      // An equal value told later still has to hold against one that comes late from in between.
      if (before[0] === value && isLater(stamp, before)) {
        facts[key] = [value, ...stamp];
        changed = true;
      }
      continue;
    }
    facts[key] = [value, ...stamp];
    changed = true;
  }
  const attributes = tellAttributes(facts, person, [person.attributesAsOf ?? stamp[0], stamp[1]]);
  if (attributes) {
    Object.assign(facts, attributes);
    changed = true;
  }
  return changed ? facts : known;
}

function isLater(stamp: Stamp, [, ...told]: Told<unknown>): boolean {
  return !notOlder(told, stamp);
}

function tellAttributes(
  known: Voice,
  person: Person,
  stamp: Stamp,
): Pick<Voice, "attributes" | "snapshot"> | null {
  if (person.deleted) return null;
  if (person.attributesMode === "snapshot") {
    if (known.snapshot && !notOlder(stamp, known.snapshot)) return null;
    const attributes = Object.fromEntries(
      Object.entries(person.attributes).map(([key, value]) => [key, [value, ...stamp] as const]),
    );
    return { attributes, snapshot: stamp };
  }
  const before = known.attributes ?? {};
  const told = Object.entries(person.attributes).filter(([key, value]) => {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    return !was || (was[0] === value ? isLater(stamp, was) : notOlder(stamp, [was[1], was[2]]));
  });
  if (told.length === 0) return null;
  const all = { ...before, ...Object.fromEntries(told.map(([key, value]) => [key, [value, ...stamp] as const])) };
  return { attributes: firstInOrder(all) };
}

/** The first fifty keys in alphabetical order. */
export function firstInOrder<T>(attributes: Record<string, T>): Record<string, T> {
  const entries = Object.entries(attributes);
  if (entries.length <= MAX_ATTRIBUTES) return attributes;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_ATTRIBUTES));
}
