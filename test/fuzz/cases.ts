import { seededRandom, type Random } from "../support/random.ts";
import { apiCase } from "./api-cases.ts";
import type { FuzzCase } from "./case.ts";
import { unsignedCase } from "./ingest-cases.ts";
import { formCase, openFormCase, pageCase } from "./page-cases.ts";
import { signedCase } from "./signed-cases.ts";
import type { Targets } from "./world.ts";

/** In hundredths of all cases. */
const SHARES: readonly (readonly [share: number, make: (targets: Targets, random: Random, number: number) => FuzzCase])[] = [
  [38, unsignedCase],
  [22, signedCase],
  [24, apiCase],
  [8, pageCase],
  [6, formCase],
  [2, openFormCase],
];

/** The case of a number: the same for the same seed, whichever cases were made before it, but for ids and times of the system. */
export function caseOf(targets: Targets, seed: number, number: number): FuzzCase {
  const random = seededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1));
  const luck = random.whole(1, 100);
  let sum = 0;
  for (const [share, make] of SHARES) if (luck <= (sum += share)) return make(targets, random, number);
  throw new Error("the shares are less than a hundred");
}
