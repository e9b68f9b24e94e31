import type { RequestHandler } from "express";
import { operatorsOnly } from "../auth.ts";
import { PageProblem, type Pages } from "./page.ts";
import { isSameOrigin } from "./session/session.ts";

/**
 * Lets operators pass to what is not made of our pages and forms: in a browser by their session, in a program by their
 * token. A change must come from this console itself.
 */
export function operatorsGate(pages: Pages): RequestHandler {
  const byToken = operatorsOnly(pages.backing);
  return async (request, response, next) => {
    if (request.headers.authorization !== undefined) return byToken(request, response, next);
    const session = await pages.sessions.read(request, response);
    if (session === null) throw new PageProblem("sign-in");
    if (session.caller.kind !== "operator") throw new PageProblem("not-found");
    if (!["GET", "HEAD"].includes(request.method) && !isSameOrigin(request)) throw new PageProblem("stale-form");
    next();
  };
}
