import { describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DATA_KEYS, ENVELOPE_DATA_KEYS, PROVIDERS } from "@mara/connectors";
import { mappingTable, momentsTable } from "../apps/console/src/pages/docs/tables.ts";
import { REFUSALS } from "../apps/console/src/respond.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const documents = ["README.md", ...["docs", "docs/decisions"].flatMap((dir) => readdirSync(join(root, dir)).filter((name) => name.endsWith(".md")).map((name) => `${dir}/${name}`))];

describe("the documents", () => {
  it.each(documents)("show no picture and link to no file or heading that is not there: %s", (document) => {
    const links = [...readFileSync(join(root, document), "utf8").matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.filter((link) => !leadsSomewhere(document, link))).toEqual([]);
  });
});

describe("the README", () => {
  it("explains the moments as the connectors do", () => {
    expect(tableLike(momentsTable())).toEqual(linesOf(momentsTable()));
  });

  it.each(PROVIDERS)("shows the mapping table of %s as it is", (provider) => {
    expect(tableLike(mappingTable(provider))).toEqual(linesOf(mappingTable(provider)));
  });

  it("names every key that the data of an event can have", () => {
    const named = [...(readme.split("An event's `data` has these keys")[1] ?? "").split("\n\n").slice(0, 2).join("").matchAll(/`(\w+)`/g)].map(([, key]) => key);
    const keys = new Set([...Object.values(DATA_KEYS).flat(), ...ENVELOPE_DATA_KEYS]);
    expect([...keys].filter((key) => !named.includes(key))).toEqual([]);
  });

  it("lists every word with which the API refuses, beside its status, and no other", () => {
    const listed = [...readme.matchAll(/^\| (\d{3}) \| `(\w+)` \| \S/gm)].map(([, status, word]) => `${status} ${word}`);
    // The last two are not the console's own: every app answers bad input and its own faults so.
    const refused = Object.entries({ ...REFUSALS, invalid_request: 400, internal_error: 500 }).map(([word, status]) => `${status} ${word}`);
    expect(listed.toSorted()).toEqual(refused.toSorted());
  });
});

const linesOf = (text: string) => text.trimEnd().split("\n");

/** The lines of the README's table that has the same head as `table`: a test that fails shows these and not the whole README. */
function tableLike(table: string): string[] {
  const lines = linesOf(readme);
  const from = lines.indexOf(linesOf(table)[0] ?? "");
  if (from === -1) return [];
  const length = lines.slice(from).findIndex((line) => !line.startsWith("|"));
  return lines.slice(from, length === -1 ? undefined : from + length);
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? join(root, document) : join(root, dirname(document), path);
  return existsSync(target) && (heading === undefined || headingsOf(target).includes(heading));
}

/** As GitHub names them in links. */
function headingsOf(file: string): string[] {
  const text = readFileSync(file, "utf8").replace(/^```[^]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-"));
}
