import type { MappingRow } from "../connector.ts";

/** All that Clerk's events become. `normalise` reads these rows; whatever has none is ignored. */
export const mapping = [
  { event: "user.created", becomes: "user.created", when: "" },
  { event: "user.updated", becomes: "contact", when: "" },
  { event: "user.deleted", becomes: "user.deleted", when: "" },
] as const satisfies readonly MappingRow[];

export type Row = (typeof mapping)[number];

const ROWS: ReadonlyMap<string, Row> = new Map(mapping.map((row) => [row.event, row]));

export function rowOf(type: string): Row | undefined {
  return ROWS.get(type);
}
