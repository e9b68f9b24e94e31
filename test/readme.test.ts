import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROVIDERS } from "@mara/connectors";
import { mappingTable, momentsTable } from "../apps/console/src/pages/docs/tables.ts";
import { REFUSALS } from "../apps/console/src/respond.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

describe("the README", () => {
  it("shows no picture and links to no file that is not there", () => {
    const targets = [...readme.matchAll(/\]\(((?!https?:|#)[^)#]+)/g)].map((match) => match[1] ?? "");
    expect(targets.filter((target) => !existsSync(join(import.meta.dirname, "..", target)))).toEqual([]);
  });

  it("explains the moments as the connectors do", () => {
    expect(readme).toContain(momentsTable());
  });

  it.each(PROVIDERS)("shows the mapping table of %s as it is", (provider) => {
    expect(readme).toContain(mappingTable(provider));
  });

  it("lists every word with which the API refuses, beside its status, and no other", () => {
    const listed = [...readme.matchAll(/^\| (\d{3}) \| `(\w+)` \| \S/gm)].map(([, status, word]) => `${status} ${word}`);
    // The last two are not the console's own: every app answers bad input and its own faults so.
    const refused = Object.entries({ ...REFUSALS, invalid_request: 400, internal_error: 500 }).map(([word, status]) => `${status} ${word}`);
    expect(listed.toSorted()).toEqual(refused.toSorted());
  });
});
