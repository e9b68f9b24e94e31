import assert from "node:assert/strict";
import { UnreadableEvent, type Connector, type Facts, type ProviderEvent } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";

/** No string that leaves a connector is longer: an avatar's URL is the longest. */
const LONGEST = 2048;
const MAX_ATTRIBUTES = 50;

/** What is made of an event keeps the rules of the seam; or it is unreadable, and nothing else is thrown. */
export function expectSound(connector: Connector, event: ProviderEvent): void {
  const payload = JSON.stringify(event.payload);
  const normalised = attempt(() => connector.normalise(event));
  if (normalised?.facts) {
    expectSoundFacts(normalised.facts);
    expectSoundDecision(normalised.facts, event);
  } else if (normalised) {
    assert.equal(normalised.table.kind, "ignored", "a moment needs facts");
  }
  assert.equal(JSON.stringify(event.payload), payload, "the payload is only read");
  assert.ok(!("polluted" in {}), "no prototype is touched");
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
function expectSoundDecision(facts: Facts, event: ProviderEvent): void {
  const first = facts.decide(null);
  expectStorable(first);
  const isOwn = first.moments.some((moment) => moment.providerEventId === event.id);
  assert.equal(first.ignored === null, isOwn, "a reason stands where the event itself became nothing");

  const text = JSON.stringify(first.history);
  const stored: JsonObject | null = JSON.parse(text);
  const again = facts.decide(stored);
  assert.equal(JSON.stringify(stored), text, "a history is only read");
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
