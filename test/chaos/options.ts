import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { z } from "zod";

export const USAGE = `npm run chaos -- [options]

  --deliveries N   how many unique deliveries are sent (default 5000, at most 200000)
  --minutes N      over how many minutes (default 4, at most 60)
  --kills N        how often something is killed meanwhile (default ten a minute)
  --cluster        on a Redis Cluster of three primaries with a replica each, in place of one Redis
  --seed N         makes the same history and the same troubles again (default: a new one, which is printed)
`;

const number = (least: number, most: number) => z.coerce.number().min(least).max(most);

const options = z.object({
  deliveries: number(1, 200_000).pipe(z.int()).default(5_000),
  minutes: number(0.05, 60).default(4),
  kills: number(0, 10_000).pipe(z.int()).optional(),
  cluster: z.boolean().default(false),
  seed: number(0, 2 ** 32 - 1).pipe(z.int()).optional(),
});

export interface Options {
  readonly deliveries: number;
  readonly durationMs: number;
  readonly kills: number;
  readonly seed: number;
  /** Whether Redis is a cluster. */
  readonly cluster: boolean;
}

/** Null where they can't be understood. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { deliveries: { type: "string" }, minutes: { type: "string" }, kills: { type: "string" }, seed: { type: "string" }, cluster: { type: "boolean" } },
    });
    const { deliveries, minutes, kills, seed, cluster } = options.parse(values);
    return { deliveries, durationMs: minutes * 60_000, kills: kills ?? Math.ceil(minutes * 10), seed: seed ?? randomInt(2 ** 32), cluster };
  } catch {
    return null;
  }
}
