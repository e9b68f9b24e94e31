import type { Figure } from "./rounds.ts";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function number(value: number): string {
  return whole.format(value);
}

export function ms(value: number): string {
  return `${value.toFixed(value < 1 ? 3 : 1)} ms`;
}

export function mb(bytes: number): string {
  return `${number(bytes / 1_048_576)} MB`;
}

/** Contenders under their ceiling, which stands first: medians a second, their ratio to it, least and most. */
export function table(contenders: readonly (readonly [name: string, figure: Figure])[]): string[] {
  const ceiling = contenders[0]?.[1].median ?? 1;
  return [
    line(["", "per second", "ratio", "spread"]),
    ...contenders.map(([name, { median, least, most }]) =>
      line([name, number(median), (median / ceiling).toFixed(2), `${number(least)} to ${number(most)}`]),
    ),
  ];
}

function line([name = "", ...figures]: readonly string[]): string {
  return `${name.padEnd(30)}${figures.map((figure) => figure.padStart(18)).join("")}`;
}
