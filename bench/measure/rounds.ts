/** Figures of one kind, measured in several rounds: the median, and the least and most as its spread. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: readonly number[];
}

/** Throws where there is nothing to sum up. */
export function figure(rounds: readonly number[]): Figure {
  const sorted = rounds.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new Error("no round was measured");
  return { median: median(sorted), least, most, rounds };
}

/** The middle one; of an even number, the mean of the two in the middle. */
function median(sorted: readonly number[]): number {
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The value below which a share of `values` lies, for example 0.99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export interface Contender {
  readonly name: string;
  /** One round: answers how many it did a second. */
  run(): Promise<number>;
}

/**
 * Lets each contender run once a round, in turns, so that a machine which slows down slows all of them alike.
 * The first round warms up and does not count.
 */
export async function alternate(contenders: readonly Contender[], rounds: number): Promise<Figure[]> {
  const measured = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const value = await contender.run();
      if (round > 0) measured[i]?.push(value);
    }
  }
  return measured.map(figure);
}
