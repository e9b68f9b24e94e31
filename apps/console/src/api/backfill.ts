import { QueueUnavailable } from "@mara/queue";
import { cancelBackfill, latestBackfill, startBackfill, type Backfill, type BackfillStart } from "@mara/store";
import type { Backing } from "../backing.ts";
import { presentBackfill } from "../present.ts";
import { Refusal } from "../respond.ts";
import type { Answer, Route } from "./route.ts";

const path = "/tenants/:tenant/integrations/clerk/backfill";

export function backfillRoutes(backing: Backing): readonly Route[] {
  const { store } = backing;
  return [
    {
      method: "POST",
      path,
      who: "tenant",
      answer: async ({ tenantId }) => answerOfStart(await beginBackfill(backing, tenantId)),
    },
    {
      method: "GET",
      path,
      who: "tenant",
      answer: async ({ tenantId }) => {
        const backfill = await latestBackfill(store, tenantId);
        if (backfill === null) throw new Refusal("not_found");
        return { status: 200, body: presentBackfill(backfill) };
      },
    },
    {
      method: "DELETE",
      path,
      who: "tenant",
      /** Of one that is over already there is nothing to stop: it is answered as it ended. */
      answer: async ({ tenantId }) => {
        const backfill = (await cancelBackfill(store, tenantId)) ?? (await latestBackfill(store, tenantId));
        if (backfill === null) throw new Refusal("not_found");
        return { status: 202, body: presentBackfill(backfill) };
      },
    },
  ];
}

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

function answerOfStart(start: BackfillStart): Answer {
  switch (start.kind) {
    case "started":
      return { status: 202, body: presentBackfill(start.backfill) };
    case "running":
      throw new Refusal("backfill_running");
    case "no_api_key":
      throw new Refusal("no_api_key");
  }
}
