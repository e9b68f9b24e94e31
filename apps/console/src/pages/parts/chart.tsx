import type { ConnectorHealth, OutcomeCounts } from "@mara/store";
import { count } from "./small.tsx";

/** From the bottom of a bar to its top. */
const OUTCOMES = ["processed", "ignored", "duplicate", "rejected", "failed"] as const satisfies readonly (keyof OutcomeCounts)[];

const WIDTH = 288;
const HEIGHT = 48;
const SLOT = WIDTH / 24;
const GAP = 2;

/** One rejection among ten thousand deliveries must still be seen. */
const LEAST = 2;

/** Deliveries of the last 24 hours, a bar an hour, by outcome. What the picture says stands beneath it in words. */
export function HourChart({ label, hours, sums }: { label: string; hours: ConnectorHealth["hours"]; sums: OutcomeCounts }) {
  const most = Math.max(...hours.map(total));
  if (most === 0) return <p class="chart-none">No deliveries in the last 24 hours</p>;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={inWords(label, hours)}>
        <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} class="chart-base" />
        {hours.map((hour, index) => (
          <Bar key={hour.hour} hour={hour} x={index * SLOT} most={most} />
        ))}
      </svg>
      <figcaption class="chart-legend">
        {OUTCOMES.filter((outcome) => sums[outcome] > 0).map((outcome) => (
          <span key={outcome} class="chart-sum" data-outcome={outcome}>
            <strong>{count(sums[outcome])}</strong> {outcome}
          </span>
        ))}
        <span class="chart-span">last 24 hours</span>
      </figcaption>
    </figure>
  );
}

type Hour = ConnectorHealth["hours"][number];

function Bar({ hour, x, most }: { hour: Hour; x: number; most: number }) {
  if (total(hour) === 0) return null;
  return (
    <g>
      <title>{`${clock(hour.hour)}: ${told(hour)}`}</title>
      {stackOf(hour, most).map(({ outcome, y, height }) => (
        <rect key={outcome} class="chart-bar" data-outcome={outcome} x={x + GAP / 2} y={y} width={SLOT - GAP} height={height} />
      ))}
    </g>
  );
}

/** The parts of a bar, one on top of the other. */
function stackOf(hour: Hour, most: number): { outcome: keyof OutcomeCounts; y: number; height: number }[] {
  let y = HEIGHT - 1;
  return OUTCOMES.filter((outcome) => hour[outcome] > 0).map((outcome) => {
    const height = Math.max(LEAST, (hour[outcome] / most) * (HEIGHT - OUTCOMES.length * LEAST));
    y -= height;
    return { outcome, y: round(y), height: round(height) };
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function inWords(label: string, hours: readonly Hour[]): string {
  const busiest = hours.reduce((most, hour) => (total(hour) > total(most) ? hour : most));
  return `${label}: deliveries in the last 24 hours, hour by hour. The busiest hour was ${clock(busiest.hour)}: ${told(busiest)}`;
}

function told(counts: OutcomeCounts): string {
  return OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${count(counts[outcome])} ${outcome}`)
    .join(", ");
}

function total(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** "14:00 UTC" */
function clock(hour: number): string {
  return `${new Date(hour).toISOString().slice(11, 16)} UTC`;
}
