import { describe, expect, it } from "@jest/globals";
import { decodeText, MAX_DEPTH, parseObject } from "./parse.ts";

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;

describe("decodeText", () => {
  it("gives the text as it was sent", () => {
    expect(decodeText(Buffer.from('{ "a": "é😀" }'))).toBe('{ "a": "é😀" }');
  });

  it.each([
    ["a stray continuation byte", [0x22, 0x80, 0x22]],
    ["a cut character", [0x22, 0xe2, 0x82]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["an overlong slash", [0xc0, 0xaf]],
  ])("refuses %s", (_what, bytes) => {
    expect(decodeText(Buffer.from(bytes))).toBeNull();
  });
});

describe("parseObject", () => {
  it("parses an object", () => {
    expect(parseObject(' {"a": [1, {"b": null}]} ')).toEqual({ a: [1, { b: null }] });
  });

  it.each(["", "null", "1", '"text"', "[]", "[{}]", "{", "{}}", '{"a":1,}', "\ufeff{}", "NaN", "{'a':1}"])(
    "answers null for %j",
    (text) => {
      expect(parseObject(text)).toBeNull();
    },
  );

  it("goes as deep as it says, and no deeper", () => {
    expect(parseObject(nested(MAX_DEPTH))).not.toBeNull();
    expect(parseObject(nested(MAX_DEPTH + 1))).toBeNull();
  });

  it("refuses half a megabyte of brackets without a word", () => {
    expect(parseObject(`{"a":${"[".repeat(500_000)}`)).toBeNull();
  });

  it("does not count brackets within strings", () => {
    const text = `\\"${"[{".repeat(200)}\\\\`;
    expect(parseObject(`{"a":"${text}"}`)).toEqual({ a: `"${"[{".repeat(200)}\\` });
  });

  it("gives nobody a new prototype", () => {
    const parsed = parseObject('{"__proto__": {"admin": true}}');
    expect(parsed && "admin" in parsed).toBe(false);
  });
});
