import type { WaitFor } from "@mara/store";
import type { Item, Written } from "./decide-batch.ts";

/** A transaction's worth: past this the gain is small and a bad one costs more. */
const MAX_BATCH = 500;

/**
 * Nor does a transaction carry more than so many characters of bodies, but for one that is larger by itself. Read, they may
 * take twenty times as much of the heap (`[{},{},…]`), which `in-hand.ts` reckons with.
 */
const MAX_BATCH_CHARACTERS = 2 * 1_048_576;

/** How long a batch waits for a stream: whoever comes meanwhile waits with it. Longer than most batches hold one. */
const WAIT_MS = 100;

/** Once it waited in vain, the others go on for so long before it waits again: not a tenth of the time is lost to them. */
const PAUSE_MS = 1_000;

/** A delivery that waits to be written. */
export interface Waiting {
  readonly item: Item;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/** Deliveries for one transaction, and the stream that it waits for, if any, before it takes those that are free. */
export interface Batch {
  readonly deliveries: readonly Waiting[];
  readonly waitFor: WaitFor | null;
}

/**
 * The deliveries that wait for the writer, the oldest first. Those of a tenant whose stream somebody else held come back to
 * the front, and are tried again with every batch. They may fill half of one: whoever is free goes on beside them.
 */
export class Line {
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  /** The tenants whose streams were held; the one that was tried last comes last. */
  readonly #held = new Set<string>();
  #waitedInVainAt = -Infinity;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /**
   * Takes a batch out of the line: one delivery at least. One that waits for nobody has a tenant that was not found held, so
   * that nobody is tried over and over.
   */
  next(): Batch {
    if (this.#held.size === 0) return { deliveries: this.#take(this.#waiting), waitFor: null };
    const rank = new Map([...this.#held].map((tenantId, i) => [tenantId, i]));
    const rankOf = (each: Waiting) => rank.get(tenantOf(each)) ?? 0;
    const held = this.#waiting.filter((each) => rank.has(tenantOf(each))).sort((a, b) => rankOf(a) - rankOf(b));
    const free = this.#waiting.filter((each) => !rank.has(tenantOf(each)));
    const mayWait = free.length === 0 || this.#now() - this.#waitedInVainAt >= PAUSE_MS;
    const share = howManyFit(held, MAX_BATCH / 2, MAX_BATCH_CHARACTERS / 2);
    // However large, the one that the batch is about comes first: it may be all that fits.
    const about = (mayWait ? held : free).slice(0, 1);
    const order = new Set([...about, ...held.slice(0, share), ...free, ...held]);
    const deliveries = this.#take([...order]);
    const [first] = held;
    return { deliveries, waitFor: mayWait && first ? { tenantId: tenantOf(first), ms: WAIT_MS } : null };
  }

  /** Puts back what was left of a batch, because its tenants' streams were not had. */
  putBack({ deliveries, waitFor }: Batch, left: ReadonlySet<string>): void {
    if (left.size === 0 && this.#held.size === 0) return;
    const isInVain = waitFor !== null && left.has(waitFor.tenantId);
    if (isInVain) this.#waitedInVainAt = this.#now();
    // Of the others nobody knows then.
    for (const tenantId of isInVain ? [waitFor.tenantId] : new Set(deliveries.map(tenantOf))) {
      this.#held.delete(tenantId);
      if (left.has(tenantId)) this.#held.add(tenantId);
    }
    this.#waiting = [...deliveries.filter((each) => left.has(tenantOf(each))), ...this.#waiting];
  }

  #take(order: readonly Waiting[]): readonly Waiting[] {
    const batch = order.slice(0, Math.max(1, howManyFit(order, MAX_BATCH, MAX_BATCH_CHARACTERS)));
    if (batch.length === this.#waiting.length) this.#waiting = [];
    else {
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((each) => !taken.has(each));
    }
    return batch;
  }
}

function howManyFit(waiting: readonly Waiting[], most: number, mostCharacters: number): number {
  let characters = 0;
  const tooMany = waiting.findIndex(({ item }, i) => {
    characters += item.job.body.length;
    return i === most || characters > mostCharacters;
  });
  return tooMany === -1 ? waiting.length : tooMany;
}

function tenantOf({ item }: Waiting): string {
  return item.job.tenantId;
}
