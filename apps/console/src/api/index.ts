import { Router, type Request, type RequestHandler, type Response } from "express";
import { maySee } from "../auth.ts";
import type { Backing } from "../backing.ts";
import { createBearer, type WhoAsks } from "../bearer.ts";
import { readBody } from "../input.ts";
import { logChange, logIfIngestUntold } from "../log-change.ts";
import { Refusal } from "../respond.ts";
import { backfillRoutes } from "./backfill.ts";
import { contactRoutes } from "./contacts.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { eventRoutes } from "./events.ts";
import { integrationRoutes } from "./integrations.ts";
import { Call, type Answer, type Route } from "./route.ts";
import { tenantRoutes } from "./tenants.ts";

/** Every call of the API. */
export function apiRoutes(backing: Backing): readonly Route[] {
  return [
    ...tenantRoutes(backing),
    ...integrationRoutes(backing),
    ...backfillRoutes(backing),
    ...contactRoutes(backing),
    ...eventRoutes(backing),
    ...deliveryRoutes(backing),
  ];
}

/** The API, to be mounted at `/api`. Whoever has no token is told so before anything else. */
export function apiRouter(backing: Backing): Router {
  const router = Router({ caseSensitive: true });
  const routes = apiRoutes(backing);
  const whoAsks = createBearer(backing);
  for (const path of new Set(routes.map((route) => route.path))) {
    router.all(path, answerAt(backing, whoAsks, path, routes.filter((route) => route.path === path)));
  }
  router.use(async (request) => {
    await whoAsks(request);
    throw new Refusal("not_found");
  });
  return router;
}

/** One path: who may see it comes before what can be done there, and that before what was sent. */
function answerAt(backing: Backing, whoAsks: WhoAsks, path: string, routes: readonly Route[]): RequestHandler {
  return async (request, response) => {
    const caller = await whoAsks(request);
    const tenantId = tenantOf(request);
    const seen = tenantId === null ? caller.kind === "operator" : await maySee(backing.store, caller, tenantId);
    if (!seen) throw new Refusal("not_found");
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = routes.find((candidate) => candidate.method === method);
    if (route === undefined) {
      response.set("allow", routes.map((known) => known.method).join(", "));
      throw new Refusal("method_not_allowed");
    }
    const call = new Call(request, method === "GET" ? undefined : await readBody(request, response));
    const log = (status: number, erased: string | null = null) => {
      if (method === "GET") return;
      logChange(backing.log, { through: "api", call: `${method} ${path}`, tenantId, contactId: erased, by: caller.kind, status });
    };
    const answer = await logIfIngestUntold(route.answer(call), log);
    log(answer.status, answer.erased);
    send(response, answer);
  };
}

/** The path's `:tenant`; null for a path without. */
function tenantOf(request: Request): string | null {
  const { tenant } = request.params;
  return typeof tenant === "string" ? tenant : null;
}

function send(response: Response, { status, body }: Answer): void {
  if (body === undefined) response.status(status).end();
  else response.status(status).json(body);
}
