import { EVENT_TYPES, PROVIDERS } from "@mara/connectors";
import { listEvents } from "@mara/store";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { page, uuid } from "../input.ts";
import { presentEvent } from "../present.ts";
import type { Route } from "./route.ts";

const filter = {
  type: z.enum(EVENT_TYPES).optional(),
  provider: z.enum(PROVIDERS).optional(),
  contactId: uuid.optional(),
};

export function eventRoutes({ store }: Backing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/tenants/:tenant/events",
      who: "tenant",
      /** `resumeCursor` is where a follower comes back to, also at the end of the list, for what is recorded later. */
      answer: async (call) => {
        const { items, nextCursor, resumeCursor } = await listEvents(store, call.tenantId, call.query({ ...page, ...filter }));
        return { status: 200, body: { items: items.map(presentEvent), nextCursor, resumeCursor } };
      },
    },
  ];
}
