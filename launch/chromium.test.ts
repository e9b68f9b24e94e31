import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "../test/support/browser.ts";
import { findChromium } from "./chromium.ts";

const { PATH, CHROMIUM } = process.env;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mara-path-"));
  process.env.PATH = dir;
  delete process.env.CHROMIUM;
});
afterEach(async () => {
  process.env.PATH = PATH;
  if (CHROMIUM !== undefined) process.env.CHROMIUM = CHROMIUM;
  await rm(dir, { recursive: true });
});

it.each(["chromium", "chromium-browser", "google-chrome"])("the browser that is found is the one that the tests open: %s", async (name) => {
  const program = join(dir, name);
  await writeFile(program, "#!/bin/sh\necho no browser of this name >&2\nexit 1\n", { mode: 0o755 });
  expect(findChromium()).toBe(program);
  await expect(openBrowser("http://127.0.0.1:9")).rejects.toThrow(`<launching> ${program}`);
});

it("a browser that is missing is said to be", async () => {
  expect(findChromium()).toBeNull();
  await expect(openBrowser("http://127.0.0.1:9")).rejects.toThrow("Chromium is missing");
});
