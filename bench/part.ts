import type { Bed } from "./measure/bed.ts";

/** What one part of the bench found. */
export interface Found {
  /** JSON, as it is kept. */
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
  measure(run: Run): Promise<Found>;
}
