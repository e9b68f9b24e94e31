import { QueueUnavailable } from "@mara/queue";
import { createTenant, listTenants, rotateToken, type Created } from "@mara/store";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { page } from "../input.ts";
import { presentTenant } from "../present.ts";
import { Refusal } from "../respond.ts";
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
        const { items, nextCursor } = await listTenants(store, call.query(page));
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

/** Makes a tenant, and has every ingest process forget at once that there was none of its id. Throws `InvalidInput`. */
export async function addTenant(
  { store, desk, log }: Backing,
  given: { readonly name: string; readonly id?: string | undefined },
): Promise<Created> {
  const created = await createTenant(store, given);
  if (created.kind === "taken") return created;
  try {
    await desk.publishSettingsChange(created.tenant.id);
  } catch (error) {
    // Its token is shown this once, so it is not lost for that: when Redis is back, ingest doubts all that it knows.
    if (!(error instanceof QueueUnavailable)) throw error;
    log.warn({ err: error, tenantId: created.tenant.id }, "Redis is away: ingest was not told of a new tenant");
  }
  return created;
}
