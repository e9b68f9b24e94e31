import { expect, it } from "@jest/globals";
import { jobsThatFit } from "./in-hand.ts";

const MB = 1_048_576;

it.each([
  ["on a large machine, as many as make full batches", 8_192 * MB, MB, 1_024],
  ["in a small container, as many as fit", 608 * MB, MB, 100],
  ["the more, the smaller the largest body is", 608 * MB, MB / 4, 400],
  ["one at the least", 64 * MB, MB, 1],
])("a worker takes in hand %s", (_case, heapBytes, maxBodyBytes, jobs) => {
  expect(jobsThatFit(maxBodyBytes, heapBytes)).toBe(jobs);
});
