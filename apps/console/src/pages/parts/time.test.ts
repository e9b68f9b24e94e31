import { describe, expect, it } from "@jest/globals";
import { ago } from "./time.tsx";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 25, 9);

describe("how long ago something is", () => {
  it.each([
    [4_000, "just now"],
    [59_000, "59 seconds ago"],
    [HOUR, "1 hour ago"],
    // On Wednesday at nine, Monday at ten is not yesterday, and neither is Friday at eight tomorrow.
    [47 * HOUR, "1 day ago"],
    [-47 * HOUR, "in 1 day"],
    [48 * HOUR, "2 days ago"],
  ])("is said of %d milliseconds as %j, whatever the calendar says", (ms, words) => {
    expect(ago(new Date(NOW - ms), NOW)).toBe(words);
  });
});
