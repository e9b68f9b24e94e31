import { describe, expect, it } from "@jest/globals";
import { timeLeft } from "./time-left.ts";

const at = (seen: number, total: number | null, seconds: number, waits: { readonly isHeldUp: boolean } | null = null) =>
  timeLeft({ status: waits === null ? "running" : "waiting", isHeldUp: waits?.isHeldUp ?? false, total, seen, startedAt: 0 }, seconds * 1_000);

const HELD_UP = "Clerk does not answer at the moment, or asks us to wait. It is tried again by itself: there is nothing to do.";

describe("how long an import still takes", () => {
  it.each([
    ["the beginning", at(0, 10_000, 1), "Working out how long it takes"],
    ["a total that Clerk did not tell", at(5_000, null, 60), "Working out how long it takes"],
    ["the beginning, while others come first", at(0, null, 60, { isHeldUp: false }), "Waits for its turn"],
    ["the beginning, while Clerk can't be reached", at(0, null, 60, { isHeldUp: true }), HELD_UP],
    ["a pause", at(5_000, 10_000, 60, { isHeldUp: true }), HELD_UP],
    ["half of it", at(5_000, 10_000, 60), "About 60 seconds left"],
    ["nearly all of it", at(9_900, 10_000, 60), "A few seconds left"],
    ["more than there were at first", at(10_100, 10_000, 60), "A few seconds left"],
    ["a tenth of it", at(1_000, 10_000, 60), "About 9 minutes left"],
    ["a hundredth of it", at(1_000, 100_000, 60), "About 2 hours left"],
  ])("at %s", (_where, words, expected) => {
    expect(words).toBe(expected);
  });
});
