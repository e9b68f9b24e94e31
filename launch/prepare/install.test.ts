import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFresh } from "./install.mjs";

const LOCKED = {
  "": { name: "mara-webhooks" },
  "apps/ingest": { name: "@mara/ingest" },
  "node_modules/@mara/ingest": { resolved: "apps/ingest", link: true },
  "node_modules/express": { version: "5.3.0" },
  "node_modules/@esbuild/other-platform": { version: "1.0.0", optional: true },
};

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mara-install-"));
  await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: LOCKED }));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe("an installation", () => {
  it("is fresh when everything that is locked is there, but for what other platforms need", async () => {
    const { "node_modules/@esbuild/other-platform": _optional, ...installed } = LOCKED;
    await install(installed);
    expect(isFresh(root)).toBe(true);
  });

  it.each([
    ["a package is of another version", { ...LOCKED, "node_modules/express": { version: "5.2.0" } }],
    ["a package is missing", { "node_modules/@mara/ingest": { link: true } }],
    ["an optional package is of another version", { ...LOCKED, "node_modules/@esbuild/other-platform": { version: "0.9.0" } }],
  ])("is stale when %s", async (_what, installed) => {
    await install(installed);
    expect(isFresh(root)).toBe(false);
  });

  it("is stale when npm's record of it is not whole", async () => {
    await install(LOCKED);
    await writeFile(join(root, "node_modules/.package-lock.json"), '{"packages":{"node_mod');
    expect(isFresh(root)).toBe(false);
  });

  it("is stale when npm was broken off after it had moved a package out of the way", async () => {
    await install(LOCKED);
    await rm(join(root, "node_modules/express"), { recursive: true });
    expect(isFresh(root)).toBe(false);
  });

  it("is stale when npm never finished it", async () => {
    await mkdir(join(root, "node_modules/express"), { recursive: true });
    expect(isFresh(root)).toBe(false);
  });
});

async function install(packages: object): Promise<void> {
  for (const path of Object.keys(packages)) await mkdir(join(root, path), { recursive: true });
  await mkdir(join(root, "node_modules"), { recursive: true });
  await writeFile(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
}
