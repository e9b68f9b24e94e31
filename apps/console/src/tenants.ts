import { QueueUnavailable } from "@mara/queue";
import { createTenant, type Created } from "@mara/store";
import type { Backing } from "./backing.ts";

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
