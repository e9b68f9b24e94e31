import { describe, expect, it } from "@jest/globals";
import { timeLeft } from "./time-left.ts";

const at = (seen: number, total: number | null, seconds: number, status: "running" | "waiting" = "running") =>
  timeLeft({ status, total, seen, startedAt: 0 }, seconds * 1_000);

describe("how long an import still takes", () => {
  it.each([
    ["the beginning", at(0, 10_000, 1), "Working out how long it takes"],
    ["a total that Clerk did not tell", at(5_000, null, 60), "Working out how long it takes"],
    ["a pause", at(5_000, 10_000, 60, "waiting"), "Waits for Clerk, then goes on by itself"],
    ["half of it", at(5_000, 10_000, 60), "About 60 seconds left"],
    ["nearly all of it", at(9_900, 10_000, 60), "A few seconds left"],
    ["more than there were at first", at(10_100, 10_000, 60), "A few seconds left"],
    ["a tenth of it", at(1_000, 10_000, 60), "About 9 minutes left"],
    ["a hundredth of it", at(1_000, 100_000, 60), "About 2 hours left"],
  ])("at %s", (_where, words, expected) => {
    expect(words).toBe(expected);
  });
});
