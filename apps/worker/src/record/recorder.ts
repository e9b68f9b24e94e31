import type { EventJob } from "@mara/queue";
import { codeOf, traitsOf, type Logger } from "@mara/runtime";
import { withStreams, type Store, type Transaction } from "@mara/store";
import type { Item, Written } from "./decide-batch.ts";
import { Closing, type Patience } from "./patience.ts";
import { projectPeople, type Listed, type Projected } from "./project-people.ts";
import { isRefusal } from "./refusal.ts";
import { writeBatch } from "./write-batch.ts";

/** A transaction's worth: past this the gain is small and a bad one costs more. */
const MAX_BATCH = 500;

/**
 * Nor does a transaction carry more than so many characters of bodies, but for one that is larger by itself. Read, they may
 * take twenty times as much of the heap (`[{},{},…]`), which `in-hand.ts` reckons with.
 */
const MAX_BATCH_CHARACTERS = 2 * 1_048_576;

export interface Recorder {
  /**
   * Records a job's event and all that comes of it, once, however often it is called. Resolves when that is committed.
   * Throws `UnreadableEvent` where the event can't be understood, `UnknownTenant` and `Unrecordable`; none of them will ever
   * be otherwise. While Postgres is away it waits.
   */
  record(job: EventJob): Promise<Written>;
  /**
   * Writes a delivery down as failed for good, for this reason, with its payload, so that it can be replayed.
   * Changes nothing where its event was recorded after all. Throws `UnknownTenant` and `Unrecordable`.
   */
  fail(job: EventJob, reason: string): Promise<Written>;
  /**
   * Lays a page of listed people over a tenant's contacts: no events come of it, and nothing older overwrites what is
   * newer. `also` runs in the same transaction, with the page's figures. While Postgres is away it waits.
   */
  projectPeople(
    tenantId: string,
    people: readonly Listed[],
    also: (transaction: Transaction, projected: Projected) => Promise<void>,
  ): Promise<Projected>;
}

export interface RecorderOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly patience: Patience;
  /** Called for each committed batch: how many deliveries it carried, and the seconds that it took. */
  readonly onCommit?: (size: number, seconds: number) => void;
  /** Called when a batch's transaction begins. What it answers is called when that is over, with the code of what went wrong. */
  readonly onBatch?: ((jobs: readonly EventJob[]) => (problem: string | null) => void) | undefined;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A delivery for a tenant that does not exist: it can be listed for nobody. */
export class UnknownTenant extends Error {
  constructor() {
    super("the tenant does not exist");
    this.name = "UnknownTenant";
  }
}

/** Postgres will not have what the event says, whenever it is told. The message names the rule, not the value. */
export class Unrecordable extends Error {
  constructor(code: string) {
    super(`the database refuses what it says (${code})`);
    this.name = "Unrecordable";
  }
}

interface Waiting {
  readonly item: Item;
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/**
 * One writer a process: jobs in flight hand it their work, and while it commits one batch the next one gathers.
 * A batch that fails is halved until the poisoned delivery stands alone, so that it fails alone.
 */
export function createRecorder({ store, log, patience, onCommit, onBatch, now = Date.now }: RecorderOptions): Recorder {
  let waiting: Waiting[] = [];
  let isDraining = false;

  function hand(item: Item): Promise<Written> {
    return new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isDraining) void drain();
    });
  }

  async function drain(): Promise<void> {
    isDraining = true;
    // One turn of the event loop, so that jobs that were fetched together travel together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const size = sizeOfBatch(waiting);
      const batch = waiting.slice(0, size);
      waiting = waiting.slice(size);
      await commit(batch);
    }
    // In the same turn as the look at an empty list: what is handed over a moment later begins anew.
    isDraining = false;
  }

  /** Never throws: each delivery hears for itself. */
  async function commit(batch: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    const over = onBatch?.(batch.map(({ item }) => item.job));
    try {
      const { written, unreadable } = await patience.untilThere(() => write(batch));
      over?.(null);
      onCommit?.(batch.length, (performance.now() - startedAt) / 1_000);
      for (const { item, resolve, reject } of batch) {
        const outcome = written.get(item);
        if (outcome) resolve(outcome);
        else reject(unreadable.get(item) ?? new UnknownTenant());
      }
    } catch (error) {
      over?.(codeOf(error));
      if (error instanceof Closing) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const [first] = batch;
      if (batch.length === 1 && first) {
        first.reject(isRefusal(error) ? new Unrecordable(codeOf(error)) : error);
        log.warn({ ...namesOf(first.item), ...traitsOf(error) }, "could not record a delivery");
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await commit(batch.slice(0, half));
      await commit(batch.slice(half));
    }
  }

  function write(batch: readonly Waiting[]): ReturnType<typeof writeBatch> {
    const items = batch.map(({ item }) => item);
    return withStreams(store.pool, items.map(({ job }) => job.tenantId), (transaction, streams) =>
      writeBatch(transaction, streams, items.filter(({ job }) => streams.has(job.tenantId)), now()),
    );
  }

  return {
    record: (job) => hand({ kind: "event", job }),
    fail: (job, reason) => hand({ kind: "failure", job, reason }),
    projectPeople: (tenantId, people, also) =>
      patience.untilThere(() =>
        withStreams(store.pool, [tenantId], async (transaction) => {
          const projected = await projectPeople(transaction, tenantId, people, now());
          await also(transaction, projected);
          return projected;
        }),
      ),
  };
}

/** How many of those that wait make up the next batch: one at least. */
function sizeOfBatch(waiting: readonly Waiting[]): number {
  let characters = 0;
  const tooMany = waiting.findIndex(({ item }, i) => {
    characters += item.job.body.length;
    return i === MAX_BATCH || (i > 0 && characters > MAX_BATCH_CHARACTERS);
  });
  return tooMany === -1 ? waiting.length : tooMany;
}

function namesOf({ job: { tenantId, deliveryId, requestId } }: Item) {
  return { tenantId, deliveryId, requestId };
}
