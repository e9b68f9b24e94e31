import { expect, it } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

// How many jobs a worker takes in hand is reckoned with what V8 keeps for young objects, which whoever starts it decides.

const root = join(import.meta.dirname, "..");
const numbersIn = async (file: string, pattern: RegExp) =>
  [...(await readFile(join(root, file), "utf8")).matchAll(pattern)].map(([, megabytes]) => Number(megabytes));

it.each([
  ["launch/start/apps.ts", 1],
  ["Dockerfile", 2],
  ["docs/operating.md", 2],
])("%s gives young objects the room that the worker reckons with", async (file, times) => {
  const [reckonedWith = NaN] = await numbersIn("apps/worker/src/in-hand.ts", /YOUNG_GENERATION_MB = (\d+);/g);
  // V8 has one half of it in use, one to copy to, and as much again for what has survived once.
  expect(await numbersIn(file, /--max-semi-space-size=(\d+)/g)).toEqual(Array.from({ length: times }, () => reckonedWith / 3));
});
