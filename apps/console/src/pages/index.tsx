import { Router } from "express";
import { createAttempts } from "../attempts.ts";
import type { Backing } from "../backing.ts";
import { assetRoutes } from "./assets.ts";
import { contactPages } from "./contacts/routes.tsx";
import { deliveryPages } from "./deliveries/routes.tsx";
import { docsPages } from "./docs/routes.tsx";
import { eventPages } from "./events/routes.tsx";
import { readForms } from "./form.ts";
import { pageHeaders } from "./headers.ts";
import { integrationPages } from "./integrations/routes.tsx";
import { createLive } from "./live/live.ts";
import { livePages } from "./live/routes.ts";
import { createOnce } from "./once.ts";
import type { Pages } from "./page.ts";
import { queuePages } from "./queues/routes.ts";
import { sessionPages } from "./session/routes.tsx";
import { createSessions } from "./session/session.ts";
import { tenantPages } from "./tenants/routes.tsx";
import { testEventPages } from "./test-event/routes.tsx";
import { noSuchPage, troublePages } from "./trouble/routes.tsx";

/** Every page of the console, and what a visitor gets where there is none. To be mounted last. */
export function pagesRouter(backing: Backing): Router {
  const secret = backing.store.keyring.current.bytes;
  const sessions = createSessions(backing, secret);
  const pages: Pages = { backing, sessions, live: createLive(backing.log, Date.now), once: createOnce(secret), now: Date.now };
  const router = Router({ caseSensitive: true });
  router.use(pageHeaders);
  router.use(assetRoutes());
  router.use(readForms);
  router.use(sessionPages(pages, createAttempts(backing.redis, "sign-in")));
  router.use(tenantPages(pages));
  router.use(integrationPages(pages));
  router.use(testEventPages(pages));
  router.use(deliveryPages(pages));
  router.use(contactPages(pages));
  router.use(eventPages(pages));
  router.use(docsPages(pages));
  router.use(queuePages(pages));
  router.use(livePages(pages));
  router.use(noSuchPage);
  router.use(troublePages(pages));
  return router;
}
