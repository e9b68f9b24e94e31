import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { z } from "zod";

export const USAGE = `npm run fuzz -- [options]

  --cases N   how many hostile requests are sent (default 50000, at most 2000000)
  --seed N    makes the same cases again (default: a new one, which is printed)
  --only N    sends the case of this number alone, and shows it with its answer
  --idle N    how many connections are opened meanwhile that say nothing (default 3000, at most 8000)
  --slow N    how many senders of each slow kind there are meanwhile (default 100, at most 1000)
`;

const whole = (least: number, most: number) => z.coerce.number().min(least).max(most).pipe(z.int());

const options = z.object({
  cases: whole(1, 2_000_000).default(50_000),
  seed: whole(0, 2 ** 32 - 1).optional(),
  only: whole(0, 2_000_000).optional(),
  idle: whole(0, 8_000).default(3_000),
  slow: whole(0, 1_000).default(100),
});

export interface Options {
  readonly cases: number;
  readonly seed: number;
  /** Null: all of them. */
  readonly only: number | null;
  readonly idle: number;
  readonly slow: number;
}

/** Null where they can't be understood. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { cases: { type: "string" }, seed: { type: "string" }, only: { type: "string" }, idle: { type: "string" }, slow: { type: "string" } },
    });
    const { seed, only, ...others } = options.parse(values);
    return { ...others, seed: seed ?? randomInt(2 ** 32), only: only ?? null };
  } catch {
    return null;
  }
}
