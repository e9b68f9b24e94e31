import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.ts";

const OPTIONS = { target: "es2023", module: "nodenext", composite: true, types: [], rootDir: "src", outDir: "dist", tsBuildInfoFile: "dist/.tsbuildinfo" };

let root: string;

/** A checkout of one app and one package under it. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mara-build-"));
  await symlink(join(import.meta.dirname, "../../node_modules"), join(root, "node_modules"));
  for (const [part, references] of [["packages/ground", []], ["apps/top", [{ path: "../../packages/ground" }]]] as const) {
    await mkdir(join(root, part, "src"), { recursive: true });
    await writeFile(join(root, part, "package.json"), '{"type":"module"}');
    await writeFile(join(root, part, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, include: ["src"], references }));
  }
  await writeFile(join(root, "apps/top/src/main.ts"), 'export * from "../../../packages/ground/dist/says.js";');
  await says("one");
  await build(root, ["top"]);
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Replaces the package's source. */
async function says(what: string, at?: Date): Promise<void> {
  await writeFile(join(root, "said.ts"), `export const says = "${what}";`);
  if (at) await utimes(join(root, "said.ts"), at, at);
  await rename(join(root, "said.ts"), join(root, "packages/ground/src/says.ts"));
}

const built = () => readFile(join(root, "packages/ground/dist/says.js"), "utf8");

describe("a build", () => {
  it("is of the sources as they are", async () => {
    expect(await built()).toContain("one");
    await says("two");
    await build(root, ["top"]);
    expect(await built()).toContain("two");
  });

  it("is of those too that say that they are older than what was built, as they do out of an archive or a backup", async () => {
    await says("two", new Date(2026, 0, 1));
    await build(root, ["top"]);
    expect(await built()).toContain("two");
  });

  it("leaves what is built as it is where nothing was replaced since", async () => {
    await says("two", new Date(2026, 0, 1));
    await build(root, ["top"]);
    await writeFile(join(root, "packages/ground/dist/says.js"), "untouched");
    await build(root, ["top"]);
    expect(await built()).toBe("untouched");
  });

  it("is not held up by what is left of another version", async () => {
    await mkdir(join(root, "packages/gone/dist"), { recursive: true });
    await writeFile(join(root, "packages/gone/dist/.tsbuildinfo"), "{}");
    await writeFile(join(root, "packages/README"), "");
    await says("two");
    await build(root, ["top"]);
    expect(await built()).toContain("two");
  });

  it("that fails says what the compiler said, and in which file", async () => {
    await writeFile(join(root, "packages/ground/src/says.ts"), "export const says: number = 'one';");
    await expect(build(root, ["top"])).rejects.toThrow(/The build failed:\n.*says\.ts.*TS2322/);
  });
});
