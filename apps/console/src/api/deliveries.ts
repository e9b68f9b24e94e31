import { PROVIDERS } from "@mara/connectors";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { deliveryPage } from "../delivery-list.ts";
import { page } from "../input.ts";
import { OUTCOMES } from "../present.ts";
import { replayDelivery } from "../replay.ts";
import type { Route } from "./route.ts";

const filter = {
  provider: z.enum(PROVIDERS).optional(),
  outcome: z.enum(OUTCOMES).optional(),
};

export function deliveryRoutes(backing: Backing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/tenants/:tenant/deliveries",
      who: "tenant",
      answer: async (call) => ({
        status: 200,
        body: await deliveryPage(backing, call.tenantId, call.query({ ...page, ...filter })),
      }),
    },
    {
      method: "POST",
      path: "/tenants/:tenant/deliveries/:id/replay",
      who: "tenant",
      answer: async (call) => ({ status: 202, body: await replayDelivery(backing, call.tenantId, call.id) }),
    },
  ];
}
