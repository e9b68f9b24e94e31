import { describe, expect, it } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { withoutContact } from "./one.ts";

const root = dirname(dirname(import.meta.dirname));
/** What says a line, and another one, for as long as it runs. */
const ON_AND_ON = `
  import { endWithItsReader } from "./launch/sample/reader.ts";
  endWithItsReader();
  setInterval(() => process.stdout.write("another line\\n"), 5);`;

describe("npm run sample", () => {
  it("ends quietly when nobody reads on", () => {
    const script = `("${process.execPath}" --import tsx --input-type=module -e '${ON_AND_ON}'; echo "status $?" >&2) | head -n 1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", script], { cwd: root, encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["another line\n", "status 0\n"]);
  });

  it.each([
    ["ignored", "No contact and no event"],
    ["processed", "does not say whom it is about"],
  ] as const)("says in a friendly word that nobody's contact came of what was %s", (outcome, words) => {
    expect(withoutContact(outcome)).toContain(words);
  });
});
