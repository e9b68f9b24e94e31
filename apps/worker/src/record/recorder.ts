import type { EventJob } from "@mara/queue";
import { codeOf, traitsOf, type Logger } from "@mara/runtime";
import { withFreeStreams, withStreams, type DoneWithFree, type Store, type Transaction } from "@mara/store";
import type { Item, Written } from "./decide-batch.ts";
import { Line, type Batch } from "./line.ts";
import { Closing, type Patience } from "./patience.ts";
import { projectPeople, type Listed, type Projected } from "./project-people.ts";
import { isRefusal } from "./refusal.ts";
import { writeBatch } from "./write-batch.ts";

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
  /** Called when a batch's transaction has its streams. What it answers is called when that is over, with the code of what went wrong. */
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

/**
 * One writer a process: jobs in flight hand it their work, and while it commits one batch the next one gathers.
 * A batch that fails is halved until the poisoned delivery stands alone, so that it fails alone. Tenants whose streams
 * somebody else holds are left for a later batch, so that they hold up nobody.
 */
export function createRecorder({ store, log, patience, onCommit, onBatch, now = Date.now }: RecorderOptions): Recorder {
  const line = new Line();
  let isDraining = false;

  function hand(item: Item): Promise<Written> {
    return new Promise((resolve, reject) => {
      line.add({ item, resolve, reject });
      if (!isDraining) void drain();
    });
  }

  async function drain(): Promise<void> {
    isDraining = true;
    // One turn of the event loop, so that jobs that were fetched together travel together.
    await new Promise(setImmediate);
    while (!line.isEmpty) {
      await commit(line.next());
    }
    // In the same turn as the look at an empty line: what is handed over a moment later begins anew.
    isDraining = false;
  }

  /** Never throws: each delivery hears for itself, or goes back into the line. */
  async function commit(batch: Batch): Promise<void> {
    const { deliveries } = batch;
    const startedAt = performance.now();
    try {
      const { done, left } = await patience.untilThere(() => write(batch));
      const had = left.size === 0 ? deliveries : deliveries.filter(({ item }) => !left.has(item.job.tenantId));
      if (done) onCommit?.(had.length, (performance.now() - startedAt) / 1_000);
      for (const { item, resolve, reject } of had) {
        const outcome = done?.written.get(item);
        if (outcome) resolve(outcome);
        else reject(done?.unreadable.get(item) ?? new UnknownTenant());
      }
      giveBack(batch, left);
    } catch (error) {
      if (error instanceof Closing) {
        for (const { reject } of deliveries) reject(error);
        return;
      }
      const [first] = deliveries;
      if (deliveries.length === 1 && first) {
        first.reject(isRefusal(error) ? new Unrecordable(codeOf(error)) : error);
        log.warn({ ...namesOf(first.item), ...traitsOf(error) }, "could not record a delivery");
        return;
      }
      const half = Math.ceil(deliveries.length / 2);
      await commit({ deliveries: deliveries.slice(0, half), waitFor: null });
      await commit({ deliveries: deliveries.slice(half), waitFor: null });
    }
  }

  function giveBack(batch: Batch, left: ReadonlySet<string>): void {
    if (!patience.isOver) return line.putBack(batch, left);
    for (const { item, reject } of batch.deliveries) if (left.has(item.job.tenantId)) reject(new Closing());
  }

  async function write({ deliveries, waitFor }: Batch): Promise<DoneWithFree<Awaited<ReturnType<typeof writeBatch>>>> {
    const items = deliveries.map(({ item }) => item);
    let over: ReturnType<NonNullable<typeof onBatch>> | undefined;
    try {
      const answer = await withFreeStreams(store.pool, items.map(({ job }) => job.tenantId), waitFor, (transaction, streams) => {
        const had = items.filter(({ job }) => streams.has(job.tenantId));
        over = onBatch?.(had.map(({ job }) => job));
        return writeBatch(transaction, streams, had, now());
      });
      over?.(null);
      return answer;
    } catch (error) {
      over?.(codeOf(error));
      throw error;
    }
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

function namesOf({ job: { tenantId, deliveryId, requestId } }: Item) {
  return { tenantId, deliveryId, requestId };
}
