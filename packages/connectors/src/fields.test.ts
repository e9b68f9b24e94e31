import { describe, expect, it } from "@jest/globals";
import { booleanOf, idOf, listOf, numberOf, objectOf, objectsOf, textOf } from "./fields.ts";
import { parseObject } from "./parse.ts";

const odd = parseObject('{"text": " Ada ", "number": 7, "huge": 1e999, "yes": true, "nil": null, "list": [1, {"a": 1}, []], "object": {"a": 1}}') ?? {};

describe("readers of a stranger's object", () => {
  const cases: readonly (readonly [string, (key: string) => unknown, Record<string, unknown>])[] = [
    ["textOf", (key) => textOf(odd, key), { text: "Ada" }],
    ["idOf", (key) => idOf(odd, key), { text: " Ada " }],
    ["numberOf", (key) => numberOf(odd, key), { number: 7 }],
    ["booleanOf", (key) => booleanOf(odd, key), { yes: true }],
    ["objectOf", (key) => objectOf(odd, key), { object: { a: 1 } }],
    ["listOf", (key) => listOf(odd, key), { list: [1, { a: 1 }, []] }],
  ];
  it.each(cases)("%s answers what it asked for, and null for the rest", (_name, read, found) => {
    for (const key of [...Object.keys(odd), "absent"]) {
      expect([key, read(key)]).toEqual([key, found[key] ?? null]);
    }
  });

  it("objectsOf leaves out what is no object", () => {
    expect(objectsOf(odd, "list")).toEqual([{ a: 1 }]);
    expect(objectsOf(odd, "text")).toEqual([]);
  });
});
