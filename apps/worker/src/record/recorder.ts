import type { EventJob } from "@mara/queue";
import { isPassing, withStreams, type Store, type Transaction } from "@mara/store";
import type { Logger } from "@mara/runtime";
import { setTimeout as pause } from "node:timers/promises";
import { prepare } from "./prepare.ts";
import { projectPeople, type Listed, type Projected } from "./project-people.ts";
import { jobOf, writeBatch, type Item, type Written } from "./write-batch.ts";

/** A transaction's worth: past this the gain is small and a bad one costs more. */
const MAX_BATCH = 500;
const LONGEST_PAUSE = 5_000;

export interface Recorder {
  /**
   * Records a job's event and all that comes of it, once, however often it is called. Resolves when that is committed.
   * Throws `UnreadableEvent` at once where the event can't be understood. While Postgres is away it waits.
   */
  record(job: EventJob): Promise<Written>;
  /** Writes a delivery down as failed for good, for this reason, with its payload, so that it can be replayed. */
  fail(job: EventJob, reason: string): Promise<Written>;
  /**
   * Lays a page of listed people over a tenant's contacts: no events come of it, and nothing older overwrites what is
   * newer. `also` runs in the same transaction, with the page's figures.
   */
  projectPeople(
    tenantId: string,
    people: readonly Listed[],
    also: (transaction: Transaction, projected: Projected) => Promise<void>,
  ): Promise<Projected>;
  /** How many deliveries each commit carried, for metrics. */
  onCommit(listener: (size: number) => void): void;
  /** Finishes what was taken, then resolves. What waits for an absent Postgres is given back to the queue. */
  close(): Promise<void>;
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
export function createRecorder(store: Store, log: Logger, now: () => number = Date.now): Recorder {
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  let onCommit: (size: number) => void = () => {};
  const closing = new AbortController();

  function hand(item: Item): Promise<Written> {
    return new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      running ??= drain().finally(() => {
        running = null;
      });
    });
  }

  async function drain(): Promise<void> {
    // One turn of the event loop, so that jobs that were fetched together travel together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await commit(batch);
    }
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const tenantIds = batch.map(({ item }) => jobOf(item).tenantId);
      const written = await whenPostgresIsThere(() =>
        withStreams(store.pool, tenantIds, (transaction, streams) =>
          writeBatch(transaction, streams, batch.map(({ item }) => item), now()),
        ),
      );
      onCommit(batch.length);
      batch.forEach(({ resolve }, i) => resolve(written[i] ?? "failed"));
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1 || closing.signal.aborted) {
        for (const { reject } of batch) reject(error);
        if (only && !closing.signal.aborted) log.warn({ deliveryId: jobOf(only.item).deliveryId, code: codeOf(error) }, "could not record a delivery");
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await commit(batch.slice(0, half));
      await commit(batch.slice(half));
    }
  }

  async function whenPostgresIsThere<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error) || closing.signal.aborted) throw error;
        if (attempt === 0) log.warn({ code: codeOf(error) }, "Postgres does not answer; waiting for it");
        await pause(Math.min(LONGEST_PAUSE, 50 * 2 ** attempt) * (0.5 + Math.random() / 2), undefined, {
          signal: closing.signal,
        });
      }
    }
  }

  return {
    record: async (job) => hand({ kind: "event", prepared: prepare(job) }),
    fail: (job, reason) => hand({ kind: "failure", job, reason }),
    projectPeople: (tenantId, people, also) =>
      whenPostgresIsThere(() =>
        withStreams(store.pool, [tenantId], async (transaction) => {
          const projected = await projectPeople(transaction, tenantId, people, now());
          await also(transaction, projected);
          return projected;
        }),
      ),
    onCommit: (listener) => {
      onCommit = listener;
    },
    close: async () => {
      const grace = setTimeout(() => closing.abort(), LONGEST_PAUSE);
      await running;
      clearTimeout(grace);
    },
  };
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "unknown";
}
