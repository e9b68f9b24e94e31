import { jsonErrors, probes, type ProbeOptions } from "@mara/runtime";
import express, { type Express, type RequestHandler } from "express";
import helmet from "helmet";
import { apiRouter } from "./api/index.ts";
import type { Backing } from "./backing.ts";
import { pagesRouter } from "./pages/index.tsx";
import { refusals } from "./respond.ts";

/**
 * The console over what it works with. `ready` holds the checks of `/readyz`, by the name of what they check; once `draining`
 * has fired it is not ready any more.
 */
export function createConsole(backing: Backing, ready: ProbeOptions["ready"], draining?: AbortSignal): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").enable("case sensitive routing").set("trust proxy", backing.trustedProxies);
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
  app.use(probes({ ready, draining }));
  app.use(neverStored);
  app.use("/api", apiRouter(backing));
  app.use(pagesRouter(backing));
  app.use(refusals(backing.log));
  app.use(jsonErrors(backing.log));
  return app;
}

/** What is shown here is personal, and true only now. Assets say otherwise for themselves. */
const neverStored: RequestHandler = (_request, response, next) => {
  response.set("cache-control", "no-store");
  next();
};
