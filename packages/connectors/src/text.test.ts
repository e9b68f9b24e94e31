import { describe, expect, it } from "@jest/globals";
import { cleanText, isAppId, isId, MAX_ID } from "./text.ts";

describe("cleanText", () => {
  it.each([
    ["  Ada  ", "Ada"],
    ["a\0b", "ab"],
    ["\ud800x", "\ufffdx"],
    ["😀", "😀"],
  ])("makes %j into %j", (value, clean) => {
    expect(cleanText(value)).toBe(clean);
  });

  it.each(["", "   ", "\0", " \0 "])("answers null for %j", (value) => {
    expect(cleanText(value)).toBeNull();
  });

  it("cuts without splitting a character", () => {
    expect(cleanText("abcdef", 3)).toBe("abc");
    expect(cleanText("ab😀", 3)).toBe("ab");
    expect(cleanText("ab😀", 4)).toBe("ab😀");
  });
});

describe("isId", () => {
  it.each(["evt_1", "x", "a b", "ユーザー", "x".repeat(MAX_ID), "__proto__"])("takes %j", (value) => {
    expect(isId(value)).toBe(true);
  });

  it.each(["", " ", "a\nb", "a\0", "\u0085", "\ud800", "x".repeat(MAX_ID + 1), 7, null, undefined, ["a"]])(
    "refuses %j",
    (value) => {
      expect(isId(value)).toBe(false);
    },
  );
});

describe("isAppId", () => {
  it.each(["user_1", "42", "nullable"])("takes %j", (value) => {
    expect(isAppId(value)).toBe(true);
  });

  it.each(["undefined", "null", "NaN", "None", "[object Object]", "", "a\0"])("refuses %j, which no person has", (value) => {
    expect(isAppId(value)).toBe(false);
  });
});
