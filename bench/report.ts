import type { IngestFigures } from "./ingest.ts";
import type { LatencyFigures } from "./latency.ts";
import type { Figure } from "./measure/rounds.ts";
import type { WorkerFigures } from "./worker.ts";

export interface Results {
  readonly at: string;
  readonly cores: number;
  readonly node: string;
  readonly short: boolean;
  readonly ingest: IngestFigures;
  readonly worker: WorkerFigures;
  readonly latency: LatencyFigures;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** The results as a table for people: figures of this machine, and ratios that hold on others. */
export function report({ ingest, worker, latency }: Results): string {
  const rows = [
    row("bare Express, raw body", ingest.ceiling, ingest.ceiling),
    row("ingest, mapped, on disk", ingest.mapped, ingest.ceiling),
    row("ingest, unmapped", ingest.unmapped, ingest.ceiling),
    row("idle BullMQ worker", worker.ceiling, worker.ceiling),
    row("worker, committed", worker.worker, worker.ceiling),
  ];
  return [
    "",
    line(["", "per second", "ratio", "spread"]),
    ...rows.map(line),
    "",
    `CPU time: ${ms(ingest.cpuPerMapped)} a mapped webhook and ${ms(ingest.cpuPerUnmapped)} an unmapped one in ingest, ${ms(worker.cpuPerDelivery)} a delivery in the worker.`,
    `From acknowledgement to commit at ${whole.format(latency.perSecond)} a second: p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}.`,
    `Resident memory: ingest ${mb(ingest.resident.before)} before and ${mb(ingest.resident.after)} after, worker ${mb(worker.resident.before)} before and ${mb(worker.resident.after)} after.`,
    "",
  ].join("\n");
}

function row(name: string, figure: Figure, ceiling: Figure): string[] {
  return [
    name,
    whole.format(figure.median),
    (figure.median / ceiling.median).toFixed(2),
    `${whole.format(figure.least)} to ${whole.format(figure.most)}`,
  ];
}

function line([name = "", ...figures]: readonly string[]): string {
  return `${name.padEnd(26)}${figures.map((figure) => figure.padStart(18)).join("")}`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 1 ? 3 : 1)} ms`;
}

function mb(bytes: number): string {
  return `${whole.format(bytes / 1_048_576)} MB`;
}
