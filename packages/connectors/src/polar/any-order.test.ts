import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { onDay, subscriptionEvent } from "../../test/polar-events.ts";
import { record, type Recorded } from "../../test/recorder.ts";
import type { ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { polar } from "./index.ts";
import { normalise } from "./normalise.ts";

const RENEWAL = 30;
const NEVER_TRIED = { trial_start: null, trial_end: null };
const TRIED = { trial_start: onDay(0), trial_end: onDay(14) };

/** A part of a subscription's life: what Polar sends of it, given the day and what the subscription is like by then. */
type Part = (day: number, now: JsonObject) => ProviderEvent[];

const renewal: Part = (day, now) => [
  subscriptionEvent("cycled", day, { ...now, current_period_start: onDay(day) }),
  subscriptionEvent("updated", day + 0.1, now),
];
const idle: Part = (day, now) => [subscriptionEvent("updated", day, now), subscriptionEvent("updated", day + 0.1, now)];
const takenBack: Part = (day, now) => [
  subscriptionEvent("canceled", day, { ...now, canceled_at: onDay(day) }),
  subscriptionEvent("uncanceled", day + 1, now),
];
const failure: Part = (day, now) => [
  subscriptionEvent("updated", day, { ...now, status: "past_due" }),
  subscriptionEvent("past_due", day + 0.1, { ...now, status: "past_due", past_due_at: onDay(day) }),
  subscriptionEvent("updated", day + 3, now),
  subscriptionEvent("active", day + 3.1, now),
];
const end: Part = (day, now) => {
  const canceled = { ...now, canceled_at: onDay(day) };
  return [
    subscriptionEvent("canceled", day, canceled),
    subscriptionEvent("canceled", day + 20, { ...canceled, status: "canceled" }),
    subscriptionEvent("revoked", day + 20.1, { ...canceled, status: "canceled" }),
  ];
};

/** The parts one after the other, each a renewal later, in the amount that goes with it. */
function lived(parts: readonly (readonly [Part, amount: number])[], rest: JsonObject): ProviderEvent[] {
  return parts.flatMap(([part, amount], i) => {
    const day = (i + 1) * RENEWAL;
    const [now, before] = [{ ...rest, amount }, parts[i - 1]?.[1]];
    const move = before === undefined || before === amount ? [] : [subscriptionEvent("updated", day - 5, now)];
    return [...move, ...part(day, now)];
  });
}

const amounts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const rising = amounts.map((steps) =>
  steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step * 1000, 0)),
);
const part = fc.constantFrom(renewal, idle, takenBack);

/** Lives in which the plan only ever rises, with one failure at most: there, any order tells all. */
const lives = fc
  .tuple(rising, fc.array(part, { minLength: 4, maxLength: 4 }), fc.option(fc.nat(3)), fc.boolean(), fc.boolean())
  .map(([plans, parts, failsIn, tried, ends]): ProviderEvent[] => {
    const planned = plans.map((amount, i) => [i === failsIn && !tried ? failure : (parts[i] ?? idle), amount] as const);
    const last = plans.at(-1) ?? 1000;
    const rest = tried ? TRIED : NEVER_TRIED;
    const first = { ...rest, amount: plans[0] ?? 1000, status: tried ? "trialing" : "active" };
    return [
      subscriptionEvent("created", 0, first),
      subscriptionEvent("active", 0.1, first),
      ...(tried ? [subscriptionEvent("cycled", 14, { ...first, status: "active", current_period_start: onDay(14) })] : []),
      ...lived(ends ? [...planned, [end, last]] : planned, rest),
    ];
  });

/** Any plans and any failures. */
const wildLives = fc
  .array(fc.tuple(fc.constantFrom(renewal, idle, takenBack, failure, end), fc.integer({ min: 1, max: 4 })), { maxLength: 4 })
  .map((parts) => [subscriptionEvent("created", 0), ...lived(parts, TRIED)]);

function shuffled(told: fc.Arbitrary<ProviderEvent[]>) {
  return told.chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }), fc.subarray(events)),
  );
}

/** What happened, whichever event told it, with what the first that did so tells. */
function happenings(recorded: readonly Recorded[]) {
  return recorded
    .filter(({ repeatOf }) => repeatOf === null)
    .map(({ type, repeatKey, data: { amount, previous } }) => JSON.stringify([type, repeatKey, amount, previous]))
    .sort();
}

describe("a subscription's life", () => {
  it("is the same in whatever order its events come, however often", () => {
    fc.assert(
      fc.property(shuffled(lives), ([inOrder, arrival, again]) => {
        expect(happenings(record(polar, [...arrival, ...again]))).toEqual(happenings(record(polar, inOrder)));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  // An active that comes before all that it belongs to may have been told as something else by then.
  const DOUBTFUL = new Set<string>(["payment-recovered", "trial-converted"]);

  it("loses no failure, cancellation or upgrade in any order, whatever it is like", () => {
    const kept = (recorded: readonly Recorded[]) =>
      new Set(recorded.filter(({ type }) => !DOUBTFUL.has(type)).map(({ repeatKey }) => repeatKey));
    fc.assert(
      fc.property(shuffled(wildLives), ([inOrder, arrival, again]) => {
        const told = kept(record(polar, [...arrival, ...again]));
        expect([...kept(record(polar, inOrder))].filter((key) => !told.has(key))).toEqual([]);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it("is decided alike again at every turn", () => {
    fc.assert(
      fc.property(shuffled(wildLives), ([, arrival]) => {
        let history: JsonObject | null = null;
        for (const event of arrival) {
          const { facts } = normalise(event);
          const first = facts?.decide(history);
          const kept: JsonObject = JSON.parse(JSON.stringify(first?.history));
          expect(facts?.decide(kept)).toEqual(first);
          history = kept;
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
