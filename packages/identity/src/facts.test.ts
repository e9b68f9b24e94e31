import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Person } from "@mara/connectors";
import { tell } from "./facts.ts";
import type { IdentityFacts, Stamp } from "./identity.ts";

interface Telling {
  readonly person: Person;
  readonly stamp: Stamp;
}

const attributes = fc.dictionary(fc.constantFrom("plan", "team"), fc.constantFrom("a", "b", 1, true), { maxKeys: 2 });

/** What is told of one person within two milliseconds by the provider's clock, each received at a time of its own. */
function tellings(attributesMode: Person["attributesMode"]) {
  const moment = fc.constantFrom(1, 2);
  const email = fc.constantFrom("a@x.io", "b@x.io", null);
  const name = fc.constantFrom("Ada", "Bob", null);
  const telling = fc.record({ asOf: moment, profile: fc.record({ email, name }, { requiredKeys: [] }), attributes });
  return fc.array(telling, { maxLength: 6 }).map((all) =>
    all.map(({ asOf, ...told }, i): Telling => ({
      person: { externalId: "cus_1", appIds: [], emails: [], ...told, attributesMode, deleted: false },
      stamp: [asOf, i],
    })),
  );
}

const factsAfter = (told: readonly Telling[]) =>
  told.reduce<IdentityFacts>((facts, { person, stamp }) => tell(facts, person, stamp), {});

describe("what an identity was told", () => {
  it.each(["merge", "snapshot"] as const)("is the same in any order, also of what the provider dates alike (%s)", (mode) => {
    const shuffled = tellings(mode).chain((told) =>
      fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length }), fc.subarray(told)),
    );
    fc.assert(
      fc.property(shuffled, ([told, inAnotherOrder, again]) => {
        expect(factsAfter([...inAnotherOrder, ...again])).toEqual(factsAfter(told));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(["merge", "snapshot"] as const)("is the same object where it is told once more as it was (%s)", (attributesMode) => {
    const person: Person = { externalId: "user_1", appIds: [], emails: [], profile: { name: "Ada" }, attributes: { plan: "a", team: 1 }, attributesMode, deleted: false };
    const facts = tell({}, person, [1, 0]);
    expect(tell(facts, { ...person, attributes: { team: 1, plan: "a" } }, [1, 0])).toBe(facts);
  });

  it("is the same object where a deletion is told once more, or a later one", () => {
    const deleted: Person = { externalId: "user_1", appIds: [], emails: [], profile: {}, attributes: {}, attributesMode: "merge", deleted: true };
    const facts = tell({}, deleted, [2, 0]);
    expect(tell(facts, deleted, [2, 0])).toBe(facts);
    expect(tell(facts, deleted, [3, 0])).toBe(facts);
    expect(tell(facts, deleted, [1, 0])).toEqual({ deletedAt: 1 });
  });

  it("is mended by a replay, which tells it once more and otherwise", () => {
    const person: Person = { externalId: "cus_1", appIds: [], emails: [], profile: { name: "undefined" }, attributes: { plan: "?" }, attributesMode: "merge", deleted: false };
    const facts = tell({}, person, [1, 2]);
    expect(tell(facts, { ...person, profile: { name: "Ada" }, attributes: { plan: "a" } }, [1, 2])).toEqual({
      name: ["Ada", 1, 2], attributes: { plan: ["a", 1, 2] },
    });
  });
});
