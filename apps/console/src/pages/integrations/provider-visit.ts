import { isProvider, type Provider } from "@mara/connectors";
import type { RequestHandler } from "express";
import { ofTenant, PageProblem, type Pages, type TenantVisit } from "../page.ts";

/** A visit to what belongs to one provider's integration. */
export interface ProviderVisit extends TenantVisit {
  readonly provider: Provider;
}

/** For pages below `/tenants/:tenant/integrations/:provider`. */
export function ofProvider(pages: Pages, visit: (visit: ProviderVisit) => Promise<void>): RequestHandler {
  return ofTenant(pages, async (ofTenants) => {
    const { provider } = ofTenants.request.params;
    if (typeof provider !== "string" || !isProvider(provider)) throw new PageProblem("not-found");
    await visit({ ...ofTenants, provider });
  });
}
