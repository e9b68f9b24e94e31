import assert from "node:assert/strict";
import { UnreadableEvent, type Connector, type Facts, type ProviderEvent } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";
import { DATA_KEYS, ENVELOPE_DATA_KEYS } from "../src/moments.ts";

/** No string that leaves a connector is longer: an avatar's URL is the longest. */
const LONGEST = 2048;
const MAX_ATTRIBUTES = 50;

/** What was known of subjects, by `keyOfSubject`. */
export type Histories = ReadonlyMap<string, JsonObject | null>;

/**
 * What is made of an event keeps the rules of the seam, with nothing known and with what `histories` have of its subject;
 * or it is unreadable, and nothing else is thrown.
 */
export function expectSound(connector: Connector, event: ProviderEvent, histories: Histories = new Map()): void {
  const payload = JSON.stringify(event.payload);
  const normalised = attempt(() => connector.normalise(event));
  if (normalised?.facts) {
    expectSoundFacts(normalised.facts);
    expectSoundDecision(normalised.facts, event, null);
    const known = histories.get(keyOfSubject(normalised.facts));
    if (known) expectSoundDecision(normalised.facts, event, known);
  } else if (normalised) {
    assert.equal(normalised.table.kind, "ignored", "a moment needs facts");
  }
  assert.equal(JSON.stringify(event.payload), payload, "the payload is only read");
  assert.ok(!("polluted" in {}), "no prototype is touched");
}

/** What the subjects of `events` were told, once all of these have come. */
export function historiesOf(connector: Connector, events: readonly ProviderEvent[]): Histories {
  const histories = new Map<string, JsonObject | null>();
  for (const event of events) {
    const { facts } = connector.normalise(event);
    if (!facts?.subject) continue;
    const key = keyOfSubject(facts);
    histories.set(key, facts.decide(histories.get(key) ?? null).history);
  }
  return histories;
}

function keyOfSubject({ subject }: Facts): string {
  return JSON.stringify(subject);
}

/** What `read` answers; null where it can't be understood. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}

function expectSoundFacts({ asOf, person, subject }: Facts): void {
  assert.ok(Number.isSafeInteger(asOf), "asOf is whole milliseconds");
  expectStorable(person);
  expectStorable(subject);
  assert.ok(Object.keys(person?.attributes ?? {}).length <= MAX_ATTRIBUTES, "attributes are capped");
  for (const { address } of person?.emails ?? []) assert.equal(address, address.trim().toLowerCase());
}

/** Deciding twice decides alike, also by a history that went through the database in between. */
function expectSoundDecision(facts: Facts, event: ProviderEvent, history: JsonObject | null): void {
  const known = JSON.stringify(history);
  const first = facts.decide(history);
  assert.equal(JSON.stringify(history), known, "a history is only read");
  expectStorable(first);
  for (const { type, data } of first.moments) {
    const allowed = new Set<string>([...DATA_KEYS[type], ...ENVELOPE_DATA_KEYS]);
    assert.deepEqual(Object.keys(data).filter((key) => !allowed.has(key)), [], `data of ${type} has keys that DATA_KEYS lacks`);
  }
  const isOwn = first.moments.some((moment) => moment.providerEventId === event.id);
  assert.equal(first.ignored === null, isOwn, "a reason stands where the event itself became nothing");

  const stored: JsonObject | null = JSON.parse(JSON.stringify(first.history));
  const again = facts.decide(stored);
  assert.equal(JSON.stringify(again), JSON.stringify(first), "deciding is idempotent");
}

/** Plain JSON, as Postgres can hold it: no U+0000, no lone surrogate, nothing of a stranger's length. */
function expectStorable(value: unknown): void {
  if (typeof value === "string") {
    assert.ok(value.length <= LONGEST, "strings are bounded");
    assert.ok(!value.includes("\0") && value.isWellFormed(), "strings are storable");
  } else if (typeof value === "number") {
    assert.ok(Number.isFinite(value), "numbers are finite");
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      expectStorable(key);
      expectStorable(inner);
    }
  } else {
    assert.ok(value === null || value === undefined || typeof value === "boolean", "only JSON is told");
  }
}
