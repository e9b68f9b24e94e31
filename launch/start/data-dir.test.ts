import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdir, mkdtemp, readdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFile, readRunFile } from "../run-file.ts";
import { openDataDir } from "./data-dir.ts";
import { ownKeys } from "./keys.ts";
import { Problem } from "../problem.ts";

const KNOWN = {
  urls: { ingest: "http://127.0.0.1:1", console: "http://127.0.0.1:2", worker: "http://127.0.0.1:3" },
  publicUrl: "http://localhost:1",
  databaseUrl: "",
  redisUrl: "",
  secretsKey: "k",
  adminToken: "t",
};

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-data-"));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the data folder", () => {
  it("is made, with those above it, and stays as it was where it is there", async () => {
    await openDataDir(join(dir, "a/b"));
    await openDataDir(join(dir, "a/b"));
    expect(await readdir(join(dir, "a/b"))).toEqual([]);
  });

  it.each([
    ["a file", () => join(dir, "file"), "is a file"],
    ["below a file", () => join(dir, "file/below"), "is a file, or lies below one"],
    ["somewhere that nobody can write to", () => "/proc", "can't be written to"],
  ])("can't be %s, which is said in a line that names the variable", async (_where, place, words) => {
    await writeFile(join(dir, "file"), "");
    const refused = await openDataDir(place()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(String(refused)).toContain(`DATA_DIR: ${place()} ${words}`);
  });
});

describe("the keys of a data folder", () => {
  it("are never made anew where the data are there that they belong to", async () => {
    await mkdir(join(dir, "postgres/cluster"), { recursive: true });
    await expect(ownKeys(dir, true)).rejects.toThrow(`${join(dir, "keys.json")} is gone`);
    expect(await readdir(dir)).toEqual(["postgres"]);
  });

  it("are made where other data are there than those in use", async () => {
    await mkdir(join(dir, "postgres/cluster"), { recursive: true });
    expect(await ownKeys(dir, false)).toMatchObject({ secretsKey: expect.any(String) });
  });

  it("are made once, for their owner alone", async () => {
    const made = await ownKeys(dir, true);
    expect(Buffer.from(made.secretsKey, "base64")).toHaveLength(32);
    expect(await ownKeys(dir, true)).toEqual(made);
    expect((await stat(join(dir, "keys.json"))).mode & 0o777).toBe(0o600);
  });

  it.each(["", "{", "{}", '{"secretsKey":"short"}'])("are never made anew over a damaged file: %j", async (text) => {
    await writeFile(join(dir, "keys.json"), text);
    await expect(ownKeys(dir, true)).rejects.toThrow("damaged");
  });
});

describe("the run file", () => {
  it("holds every change, also of those made at once", async () => {
    const run = await createRunFile(dir, KNOWN);
    await Promise.all([1, 2, 3].map((pid) => run.update({ processes: { [`p${pid}`]: pid } })));
    expect(await readRunFile(dir)).toEqual({ ...KNOWN, processes: { p1: 1, p2: 2, p3: 3 } });
  });

  it("holds every change again once it can be written, whatever could not be before", async () => {
    const run = await createRunFile(dir, KNOWN);
    await mkdir(join(dir, "run.json.draft"));
    await expect(run.update({ processes: { p1: 1 } })).rejects.toThrow("EISDIR");
    await rmdir(join(dir, "run.json.draft"));
    await run.update({ processes: { p2: 2 } });
    expect(await readRunFile(dir)).toEqual({ ...KNOWN, processes: { p1: 1, p2: 2 } });
  });

  it("is gone when it was removed", async () => {
    const run = await createRunFile(dir, KNOWN);
    await run.remove();
    expect(await readRunFile(dir)).toBeNull();
  });

  it("that is there and can't be read is not said to be missing", async () => {
    await mkdir(join(dir, "run.json"));
    await expect(readRunFile(dir)).rejects.toThrow(`${join(dir, "run.json")} can't be read (EISDIR)`);
  });

  it.each(["", "{", "[]", '{"urls":{}}'])("counts for nothing where it is not whole: %j", async (text) => {
    await writeFile(join(dir, "run.json"), text);
    expect(await readRunFile(dir)).toBeNull();
  });
});
