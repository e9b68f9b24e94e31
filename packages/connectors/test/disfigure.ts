import type { Json, JsonObject } from "../src/json.ts";

const ODD: readonly Json[] = [
  null,
  -1.5,
  1e300,
  "",
  "\u0000\ud800 x",
  "😀".repeat(1500),
  [null, 7, "", [], {}],
  {},
  { id: {}, object: [], "": null },
];

/** Keys that mean something to JavaScript, as only a stranger would send them. */
const DANGEROUS = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":7,';

/** Copies of a JSON text, in each of which one value is left out or replaced, at any depth. */
export function* disfigured(text: string): Generator<string> {
  const root: JsonObject = JSON.parse(text);
  for (const [holder, key] of placesIn(root)) {
    const value = holder[key];
    for (const odd of [undefined, ...ODD]) {
      holder[key] = odd;
      yield JSON.stringify(root);
    }
    holder[key] = value;
  }
  yield text.replaceAll("{", `{${DANGEROUS}`).replaceAll(",}", "}");
}

/** The text with other values in some of its places, each named by a number: those beyond the last begin anew. */
export function withOthers(text: string, ...others: readonly (readonly [place: number, value: unknown])[]): string {
  const root: JsonObject = JSON.parse(text);
  for (const [place, value] of others) {
    const places = [...placesIn(root)];
    const [holder, key] = places[place % places.length] ?? [root, "more"];
    holder[key] = JSON.parse(JSON.stringify(value));
  }
  return JSON.stringify(root);
}

function* placesIn(value: Json | undefined): Generator<[JsonObject, string]> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const inner of value) yield* placesIn(inner);
    return;
  }
  for (const key of Object.keys(value)) {
    yield [value, key];
    yield* placesIn(value[key]);
  }
}
