import type { Random } from "../support/random.ts";
import { MARK } from "./case.ts";
import { oddText } from "./odd-text.ts";

/** A value as JSON text: some of it is text that no `JSON.stringify` would make. */
export function oddJson(random: Random): string {
  return random.pick<() => string>([
    () => JSON.stringify(oddText(random)),
    () => JSON.stringify(oddText(random)),
    () => random.pick(["null", "true", "false", "[]", "{}", '""', "[[[[]]]]", "[null]", '{"":{"":{}}}']),
    () => random.pick(["0", "-0", "-1", "1", "0.1", "1e308", "1e999", "-1e999", "1e-320", "9007199254740993", "2147483648", "-2147483649", "9223372036854775808"]),
    () => random.pick(["253402300800", "8640000000001", "-62135596801", "1e21", "123456789012345678901234567890"]),
    () => random.pick([String.raw`"\ud800"`, String.raw`"\udc00\ud800"`, String.raw`"\u0000"`, String.raw`"\uFFFF"`, String.raw`"\u202e${MARK}"`]),
    () => `{"__proto__":{"polluted":true,"note":"${MARK}"},"constructor":{"prototype":{"polluted":true}}}`,
    () => `{"id":"${MARK}","id":1,"object":"list","data":[{"id":"x"}],"has_more":"no"}`,
    () => `{"toString":1,"valueOf":null,"toJSON":{},"length":-1,"then":true}`,
    () => nested(random.pick([10, 63, 64, 65, 500, 5_000]), random.next() < 0.5),
    () => `[${Array.from({ length: random.pick([2, 100, 3_000]) }, () => "0").join(",")}]`,
    () => `"${MARK}${"x".repeat(random.pick([300, 5_000, 100_000]))}"`,
  ])();
}

function nested(depth: number, inLists: boolean): string {
  return inLists ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}

type Change = "replace" | "remove" | "rename" | "double" | "wrap";

/** Changes some values anywhere in a JSON text, and answers JSON text that no parser refuses. */
export function mutateJson(random: Random, text: string): string {
  const value: unknown = JSON.parse(text);
  const places = countPlaces(value);
  const changes = new Map<number, Change>();
  const count = random.pick([1, 1, 1, 2, 3, 6]);
  for (let i = 0; i < count; i++) changes.set(random.whole(0, places - 1), random.pick(["replace", "replace", "replace", "remove", "rename", "double", "wrap"]));
  let place = 0;

  function write(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map((item: unknown) => changed(null, item)).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value).map(([key, member]) => changed(key, member));
    return `{${members.filter((member) => member !== "").join(",")}}`;
  }

  function changed(key: string | null, value: unknown): string {
    const change = changes.get(place++);
    const member = (name: string, json: string) => (key === null ? json : `${JSON.stringify(name)}:${json}`);
    const own = write(value);
    if (change === undefined) return member(key ?? "", own);
    if (change === "remove") return key === null ? "null" : "";
    // What a member is called may be told to its sender, so the mark must not be in it.
    if (change === "rename") return member(oddText(random).replaceAll(MARK, "odd"), own);
    if (change === "double") return `${member(key ?? "", own)},${member(key ?? "", oddJson(random))}`;
    return member(key ?? "", change === "wrap" ? random.pick([`[${own}]`, `{"${key ?? "0"}":${own}}`]) : oddJson(random));
  }

  return write(value);
}

function countPlaces(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, child: unknown) => sum + 1 + countPlaces(child), 0);
}
