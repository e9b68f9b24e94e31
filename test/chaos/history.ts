import { LIFE, lifeOf, type Happening } from "../support/lives.ts";
import type { Random } from "../support/random.ts";

/** The lives of as many customers as it takes: each an own history, in the order in which it happened. */
export function livesOf(deliveries: number): Happening[][] {
  const customers = Math.ceil(deliveries / LIFE.length);
  const lives = Array.from({ length: customers }, (_, i) => lifeOf(`customer${i}`, Date.UTC(2026, 8, 1) + i * 1_000));
  const surplus = customers * LIFE.length - deliveries;
  return [...lives.slice(0, -1), ...lives.slice(-1).map((life) => life.slice(0, life.length - surplus))];
}

/** A delivery that a provider makes, and when: a share of the whole time, from 0 to 1. */
export interface Shipment {
  readonly at: number;
  readonly happening: Happening;
}

const SHARE_REPEATED = 0.15;
/** How far, in shares of the whole time, an arrival may stray from its place. */
const ASTRAY = 0.1;

/**
 * How the lives arrive: side by side at a steady rate, out of order, and some of it twice, at once or much later.
 * Sorted by time.
 */
export function shipmentsOf(lives: readonly (readonly Happening[])[], random: Random): Shipment[] {
  const shipments: Shipment[] = [];
  for (const life of lives) {
    const start = random.next() * 0.5;
    for (const [i, happening] of life.entries()) {
      const place = start + (i / LIFE.length) * 0.5 + (random.next() - 0.5) * ASTRAY;
      shipments.push({ at: place, happening });
      if (random.next() < SHARE_REPEATED) shipments.push({ at: random.next() < 0.3 ? place : place + random.next() * 0.5, happening });
    }
  }
  const inOrder = shipments.sort((a, b) => a.at - b.at);
  return inOrder.map(({ happening }, i) => ({ happening, at: i / inOrder.length }));
}
