import { QueueUnavailable } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { InvalidInput, isPassing } from "@mara/store";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { InvalidRequest, Refusal } from "../../respond.ts";
import { PageProblem, show, viewerOf, type Pages } from "../page.ts";
import { safePath, signInPath, type Session } from "../session/session.ts";
import { TroublePage, TROUBLES, type Trouble } from "./trouble.tsx";

/** What no page answered. */
export const noSuchPage: RequestHandler = () => {
  throw new PageProblem("not-found");
};

/**
 * Answers people with a page that helps, whatever went wrong. Programs, which ask for no HTML, are left to the next error
 * middleware, which answers them with JSON.
 */
export function troublePages(pages: Pages): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    const trouble = troubleOf(error);
    if (response.headersSent) return next(error);
    if (!wantsHtml(request)) return next(trouble === "defect" ? error : refusalFor(trouble, error));
    logTrouble(pages.backing.log, trouble, error);
    if (trouble === "sign-in" && request.method === "GET") return response.redirect(303, signInPath(request.originalUrl));
    if (trouble === "unavailable") response.set("retry-after", "5");
    const viewer = viewerOf(request, trouble === "sign-in" ? null : await sessionOf(pages, request, response));
    show(response, <TroublePage viewer={viewer} trouble={trouble} back={cameFrom(request)} />, TROUBLES[trouble].status);
  };
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof PageProblem) return error.kind;
  if (error instanceof QueueUnavailable || isPassing(error)) return "unavailable";
  // A query or a path that nobody reaches by following links.
  if (error instanceof InvalidInput || error instanceof InvalidRequest || error instanceof URIError) return "not-found";
  if (error instanceof Refusal) return error.refusal === "unavailable" ? "unavailable" : "not-found";
  return "defect";
}

function refusalFor(trouble: Exclude<Trouble, "defect">, error: unknown): unknown {
  if (!(error instanceof PageProblem)) return error;
  return new Refusal(trouble === "sign-in" ? "unauthorized" : trouble === "unavailable" ? "unavailable" : "not_found");
}

function logTrouble(log: Logger, trouble: Trouble, error: unknown): void {
  if (trouble === "defect") log.error({ err: error }, "a page failed");
  if (trouble === "unavailable") log.warn({ err: error }, "Postgres or Redis is away");
}

/** The shell of the page is worth having right, but not worth a second failure. */
async function sessionOf(pages: Pages, request: Request, response: Response): Promise<Session | null> {
  return pages.sessions.read(request, response).catch(() => null);
}

/** The page that a form was on, as the browser tells; the beginning where it does not. */
function cameFrom(request: Request): string {
  const referrer = request.get("referer");
  if (request.method === "GET" || referrer === undefined || !URL.canParse(referrer)) return "/";
  const { host, pathname, search } = new URL(referrer);
  return host === request.get("host") ? safePath(pathname + search) : "/";
}

/** Browsers say that they prefer HTML; programs say nothing, or that anything will do. */
function wantsHtml(request: Request): boolean {
  return request.accepts(["json", "html"]) === "html";
}
