import type { Run } from "../part.ts";

/**
 * Deliveries a second of the slower of ingest and worker, each alone with the machine: together they can't be faster, and
 * what they do together is told as a share of it. What was not measured before is measured now, which `measure` must note.
 */
export async function slowerAlone(alone: Run["alone"], measure: (part: "ingest" | "worker") => Promise<unknown>): Promise<number> {
  for (const part of ["ingest", "worker"] as const) if (!alone.has(part)) await measure(part);
  return Math.min(...alone.values());
}
