import { Router, type RequestHandler } from "express";
import type { Caller } from "../../auth.ts";
import { createBearer } from "../../bearer.ts";
import { Refusal } from "../../respond.ts";
import { dashboardHeaders } from "../headers.ts";
import { PageProblem, type Pages } from "../page.ts";
import { queueBoard } from "./board.ts";

const PATH = "/queues";

/** The dashboard of the queues, for operators: by their session in a browser, by their token in a program. */
export function queuePages(pages: Pages): Router {
  return Router().use(PATH, dashboardHeaders, operatorsOnly(pages), queueBoard(pages.backing.desk.queues, PATH));
}

function operatorsOnly(pages: Pages): RequestHandler {
  const whoAsks = createBearer(pages.backing);
  return async (request, response, next) => {
    const { authorization } = request.headers;
    const caller: Caller | undefined =
      authorization === undefined
        ? (await pages.sessions.read(request, response))?.caller
        : await whoAsks(request);
    if (caller === undefined) throw new PageProblem("sign-in");
    if (caller.kind !== "operator") throw new PageProblem("not-found");
    // The board changes nothing, so nothing that changes gets through, and no form of a stranger's.
    if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal("method_not_allowed");
    next();
  };
}
