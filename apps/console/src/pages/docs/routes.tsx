import { Router } from "express";
import type { Session } from "../session/session.ts";
import { forAll, show, type Pages } from "../page.ts";
import { guide } from "./guide.ts";
import { Docs } from "./page.tsx";
import { render } from "./render.ts";

/** The set-up guide, for everybody: as a page, and as the markdown that it is made of. Whoever is signed in finds their own URLs in it. */
export function docsPages(pages: Pages): Router {
  const guideFor = (session: Session | null) => guide(pages.backing.publicUrl, tenantOf(session));
  const router = Router();

  router.get("/docs", (_request, response) => response.redirect(303, "/docs/webhooks"));

  router.get(
    "/docs/webhooks",
    forAll(pages, async ({ response, session, viewer }) => {
      show(response, <Docs viewer={viewer} guide={render(guideFor(session))} />);
    }),
  );

  router.get(
    "/docs/webhooks.md",
    forAll(pages, async ({ response, session }) => {
      response.type("text/markdown; charset=utf-8").send(guideFor(session));
    }),
  );

  return router;
}

function tenantOf(session: Session | null): string | null {
  return session?.caller.kind === "tenant" ? session.caller.tenantId : null;
}
