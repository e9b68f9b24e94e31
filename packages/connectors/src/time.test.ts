import { describe, expect, it } from "@jest/globals";
import { isoTime, parseTime, plausibleTime } from "./time.ts";

describe("plausibleTime", () => {
  it("takes a time of this century, whole", () => {
    expect(plausibleTime(1_766_890_000_000.7)).toBe(1_766_890_000_000);
  });

  it.each([null, 0, -1, 1_766_890_000, 1e14, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (ms) => {
    expect(plausibleTime(ms)).toBeNull();
  });
});

describe("parseTime", () => {
  it.each([
    ["2026-11-01T10:00:00.000Z", 1_793_527_200_000],
    ["2026-11-01T10:00:00.123456Z", 1_793_527_200_123],
    ["2026-11-01T12:00:00+02:00", 1_793_527_200_000],
  ])("reads %s", (iso, ms) => {
    expect(parseTime(iso)).toBe(ms);
  });

  it.each([null, "", "yesterday", "2026-11-01", "2026-13-01T00:00:00Z", "1793527200"])("answers null for %j", (iso) => {
    expect(parseTime(iso)).toBeNull();
  });
});

describe("isoTime", () => {
  it("writes UTC", () => {
    expect(isoTime(1_793_527_200_000)).toBe("2026-11-01T10:00:00.000Z");
    expect(isoTime(null)).toBeNull();
  });
});
