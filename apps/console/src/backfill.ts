import { QueueUnavailable } from "@mara/queue";
import { startBackfill, type Backfill, type BackfillStart } from "@mara/store";
import type { Backing } from "./backing.ts";

/** Starts a tenant's backfill, and puts its job on the queue. */
export async function beginBackfill(backing: Backing, tenantId: string): Promise<BackfillStart> {
  const start = await startBackfill(backing.store, tenantId);
  if (start.kind === "started") await enqueueBackfill(backing, tenantId, start.backfill);
  return start;
}

/** Puts the job of a backfill that has begun on the queue. */
export async function enqueueBackfill({ desk, log }: Backing, tenantId: string, { id }: Pick<Backfill, "id">): Promise<void> {
  try {
    await desk.startBackfill(tenantId, id);
  } catch (error) {
    // It has begun all the same: a backfill without a job is given one by the worker's upkeep.
    if (!(error instanceof QueueUnavailable)) throw error;
    log.warn({ err: error, tenantId, backfillId: id }, "a backfill waits for Redis");
  }
}
