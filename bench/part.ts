import type { Bed } from "./measure/bed.ts";

/** What one part of the bench found. */
export interface Found {
  /** Each against its ceiling, or against what it is compared with. */
  readonly ratios: Readonly<Record<string, number>>;
  /** All that was measured, as JSON. */
  readonly figures: object;
  /** The same for people, line by line. */
  readonly said: readonly string[];
}

/** How much is measured, and what the parts before have found out. */
export interface Run {
  readonly bed: Bed;
  /** One that only shows that everything works: its figures are worth little. */
  readonly short: boolean;
  /** Deliveries a second that ingest and the worker get through, each alone with the machine. */
  readonly alone: Map<"ingest" | "worker", number>;
}

export interface Part {
  readonly title: string;
  /** Whether it fires its load with `wrk`. */
  readonly fires: boolean;
  measure(run: Run): Promise<Found>;
}
