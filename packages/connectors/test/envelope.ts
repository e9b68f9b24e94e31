import type { Sample } from "../src/connector.ts";
import type { Json, JsonObject } from "../src/json.ts";
import { isObject } from "../src/parse.ts";

type Path = readonly string[];

/** A sample's body with one thing changed in what every event of its provider has: its type and, where the body holds it, its id. */
export class Envelope {
  readonly #body: string;
  readonly #type: Path;
  readonly #id: Path | null;

  constructor({ id, type, body }: Sample) {
    const root: JsonObject = JSON.parse(body);
    const typeAt = placeOf(root, type);
    if (!typeAt) throw new Error(`the body of the sample of ${type} does not hold its type`);
    this.#body = body;
    this.#type = typeAt;
    this.#id = placeOf(root, id);
  }

  /** Whether the body holds the id; otherwise the headers do. */
  get holdsId(): boolean {
    return this.#id !== null;
  }

  /** The id that another body holds where this one does; null where there is none. */
  idIn(body: string): string | null {
    const found = this.#id && valueAt(body, this.#id);
    return typeof found === "string" ? found : null;
  }

  /** `undefined` leaves it out. */
  withType(type: Json | undefined): string {
    return changed(this.#body, this.#type, type);
  }

  /** As it is where the headers hold the id. */
  withId(id: Json | undefined): string {
    return this.#id ? changed(this.#body, this.#id, id) : this.#body;
  }

  /** With a field that no provider sends. `value` is JSON text, or what claims to be. */
  withMore(value: string): string {
    return this.#body.replace("{", () => `{"more":${value},`);
  }
}

/** Where `wanted` stands nearest to the top, outside of lists. */
function placeOf(root: JsonObject, wanted: string): Path | null {
  let level: readonly (readonly [Path, JsonObject])[] = [[[], root]];
  while (level.length > 0) {
    const entries = level.flatMap(([path, object]) => Object.entries(object).map(([key, value]) => [[...path, key], value] as const));
    const found = entries.find(([, value]) => value === wanted);
    if (found) return found[0];
    level = entries.flatMap(([path, value]) => (isObject(value) ? [[path, value] as const] : []));
  }
  return null;
}

function valueAt(body: string, path: Path): unknown {
  try {
    const root: Json = JSON.parse(body);
    return path.reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), root);
  } catch {
    return undefined;
  }
}

function changed(body: string, path: Path, value: Json | undefined): string {
  const root: JsonObject = JSON.parse(body);
  let holder = root;
  for (const key of path.slice(0, -1)) {
    const inner = holder[key];
    if (isObject(inner)) holder = inner;
  }
  holder[path.at(-1) ?? ""] = value;
  return JSON.stringify(root);
}
