import { describe, expect, it } from "@jest/globals";
import { InvalidInput } from "./invalid-input.ts";
import { limitOf, pageOf, readCursor, writeCursor, type CursorForm } from "./page.ts";

const NUMBERS: CursorForm = { list: "numbers", position: /^\d{1,3}$/ };
const encode = (text: string) => Buffer.from(text).toString("base64url");

describe("a cursor", () => {
  it("leads back to the position it was written for", () => {
    expect(readCursor(NUMBERS, writeCursor(NUMBERS, "42"))).toBe("42");
  });

  it.each([
    ["an empty one", ""],
    ["one that is not base64", "%%%"],
    ["one of another list", encode("letters 42")],
    ["a position that its list can't have", encode("numbers 42; DROP TABLE events")],
    ["one with something behind it", `${encode("numbers 42")}AA`],
    ["another spelling of the same", `${encode("numbers 42")}==`],
    ["a very long one", "A".repeat(100_000)],
    ["one with a NUL", encode("numbers 4\0")],
  ])("refuses %s", (_name, cursor) => {
    expect(() => readCursor(NUMBERS, cursor)).toThrow(new InvalidInput("cursor", "is not a cursor of this list"));
  });
});

describe("a limit", () => {
  it("is fifty where none is asked for", () => {
    expect(limitOf({})).toBe(50);
  });

  it.each([0, -1, 201, 1.5, Number.NaN])("can't be %d", (limit) => {
    expect(() => limitOf({ limit })).toThrow(InvalidInput);
  });
});

describe("a page", () => {
  const read = { position: (n: number) => String(n), item: (n: number) => n };

  it("leads on from its last item while there is more", () => {
    expect(pageOf(NUMBERS, [1, 2, 3], 2, read)).toEqual({ items: [1, 2], nextCursor: writeCursor(NUMBERS, "2") });
  });

  it("is the last when nothing follows", () => {
    expect(pageOf(NUMBERS, [1, 2], 2, read)).toEqual({ items: [1, 2], nextCursor: null });
  });
});
