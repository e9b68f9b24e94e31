import { cancelBackfill, latestBackfill, type BackfillStart } from "@mara/store";
import { beginBackfill } from "../backfill.ts";
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
