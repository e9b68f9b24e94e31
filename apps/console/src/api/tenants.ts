import { listTenants, rotateToken } from "@mara/store";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { line, page } from "../input.ts";
import { presentTenant } from "../present.ts";
import { Refusal } from "../respond.ts";
import { addTenant } from "../tenants.ts";
import type { Route } from "./route.ts";

export function tenantRoutes(backing: Backing): readonly Route[] {
  const { store } = backing;
  return [
    {
      method: "POST",
      path: "/tenants",
      who: "operator",
      answer: async (call) => {
        const created = await addTenant(backing, call.body({ name: z.string(), id: z.string().optional() }));
        if (created.kind === "taken") throw new Refusal("tenant_exists");
        return { status: 201, body: { ...presentTenant(created.tenant), token: created.token } };
      },
    },
    {
      method: "GET",
      path: "/tenants",
      who: "operator",
      answer: async (call) => {
        const { items, nextCursor } = await listTenants(store, call.query({ ...page, q: line(200).optional() }));
        return { status: 200, body: { items: items.map(presentTenant), nextCursor } };
      },
    },
    {
      method: "POST",
      path: "/tenants/:tenant/token",
      who: "tenant",
      answer: async ({ tenantId }) => {
        const token = await rotateToken(store, tenantId);
        if (token === null) throw new Refusal("not_found");
        return { status: 201, body: { token } };
      },
    },
  ];
}
