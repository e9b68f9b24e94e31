import { findTenant, isPassing, TENANT_ID, type Store, type Tenant } from "@mara/store";
import { Router, type Request } from "express";
import type { Session } from "../session/session.ts";
import { forAll, show, type Pages } from "../page.ts";
import { linkTo } from "../parts/query.ts";
import { guide } from "./guide.ts";
import { Docs } from "./page.tsx";
import { render } from "./render.ts";

/**
 * The set-up guide, for everybody: as a page, and as the markdown that it is made of. A tenant that is signed in finds its own
 * URLs in it; an operator those of `?tenant=`.
 */
export function docsPages(pages: Pages): Router {
  const { publicUrl, store } = pages.backing;
  const router = Router();

  router.get("/docs", (_request, response) => response.redirect(303, "/docs/webhooks"));

  router.get(
    "/docs/webhooks",
    forAll(pages, async ({ request, response, session, viewer }) => {
      const tenantId = tenantOf(request, session);
      const raw = linkTo("/docs/webhooks.md", { tenant: viewer.who === "operator" ? (tenantId ?? "") : "" });
      const tenant = tenantId === null ? null : await tenantIfThere(store, tenantId);
      show(response, <Docs viewer={viewer} tenant={tenant} guide={render(guide(publicUrl, tenantId))} raw={raw} />);
    }),
  );

  router.get(
    "/docs/webhooks.md",
    forAll(pages, async ({ request, response, session }) => {
      response.type("text/markdown; charset=utf-8").send(guide(publicUrl, tenantOf(request, session)));
    }),
  );

  return router;
}

/** Whose URLs are filled in. Whether there is such a tenant says nothing more than its URLs do: nothing. */
function tenantOf({ query: { tenant } }: Request, session: Session | null): string | null {
  if (session?.caller.kind === "tenant") return session.caller.tenantId;
  return session !== null && typeof tenant === "string" && TENANT_ID.test(tenant) ? tenant : null;
}

/** For an operator the guide needs no Postgres: while that is away it has no sections of the tenant's. */
async function tenantIfThere(store: Store, tenantId: string): Promise<Tenant | null> {
  try {
    return await findTenant(store, tenantId);
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}
