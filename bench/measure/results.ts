import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import type { Found } from "../part.ts";

/** What a part found, with when and where: figures say little without. */
export interface Result extends Pick<Found, "ratios" | "figures"> {
  /** ISO 8601 */
  readonly at: string;
  readonly machine: { readonly cores: number; readonly cpu: string; readonly node: string };
}

export function resultOf({ ratios, figures }: Found): Result {
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown", node: process.version };
  return { at: new Date().toISOString(), machine, ratios, figures };
}

/** Keeps a part's result as `<name>.json`. */
export async function keepResult(dir: string, name: string, result: Result): Promise<void> {
  await writeFile(join(dir, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
