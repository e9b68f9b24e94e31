import type { Request, RequestHandler, Response } from "express";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { findTenant, TENANT_ID, type Tenant } from "@mara/store";
import type { Backing } from "../backing.ts";
import { logChange, logIfIngestUntold } from "../log-change.ts";
import type { Theme, Viewer } from "./layout.tsx";
import type { Live } from "./live/live.ts";
import type { Once } from "./once.ts";
import { isOfSession, isSameOrigin, safePath, type Session, type Sessions } from "./session/session.ts";

/** What every page works with. */
export interface Pages {
  readonly backing: Backing;
  readonly sessions: Sessions;
  /** Where a page says which of its parts are kept fresh. */
  readonly live: Live;
  /** What a form tells the page that it leads to. */
  readonly once: Once;
  /** Epoch milliseconds. */
  now(): number;
}

/** A page can't be shown, for a reason that its visitor can understand. */
export class PageProblem extends Error {
  readonly kind: "not-found" | "bad-form" | "stale-form" | "sign-in" | "unavailable";

  constructor(kind: PageProblem["kind"], options?: ErrorOptions) {
    super(kind, options);
    this.name = "PageProblem";
    this.kind = kind;
  }
}

/** A request of somebody who is signed in. */
export interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly session: Session;
  readonly viewer: Viewer;
}

/** A visit to a tenant's page: it exists, and the visitor may see it. */
export interface TenantVisit extends Visit {
  readonly tenant: Tenant;
}

/** Sends a page. It says when it was made, in epoch milliseconds: whoever looks at it may have a clock that is wrong. */
export function show(response: Response, page: VNode, status = 200): void {
  const html = renderToString(page).replace("<html", `<html data-now="${Date.now()}"`);
  response.status(status).type("html").send(`<!doctype html>${html}`);
}

/** Who looks, for the shell of a page. */
export function viewerOf(request: Request, session: Session | null): Viewer {
  return {
    who: session?.caller.kind ?? null,
    csrf: session?.csrf ?? "",
    theme: themeOf(request),
    here: safePath(request.originalUrl),
  };
}

/** Runs `visit` for whoever comes, signed in or not. For pages that change nothing. */
export function forAll(
  pages: Pages,
  visit: (visit: Omit<Visit, "session"> & { readonly session: Session | null }) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const session = await pages.sessions.read(request, response);
    await visit({ request, response, session, viewer: viewerOf(request, session) });
  };
}

/** Which visits are in the log as changes. `by-itself`: what the visit logs, because not every form of it changes something. */
export type Logged = "forms" | "by-itself";

/** Runs `visit` for somebody who is signed in; sends everybody else to sign in first. */
export function signedIn(pages: Pages, visit: (visit: Visit) => Promise<void>, logged: Logged = "forms"): RequestHandler {
  return async (request, response) => {
    const session = await pages.sessions.read(request, response);
    if (session === null) throw new PageProblem("sign-in");
    if (request.method === "POST") refuseForged(request, session);
    const signed = { request, response, session, viewer: viewerOf(request, session) };
    const log = (status: number) => {
      if (request.method === "POST" && logged === "forms") logVisit(pages, signed, { contactId: null, status });
    };
    await logIfIngestUntold(visit(signed), log);
    log(response.statusCode);
  };
}

/** Puts into the log what a form changed. A tenant in its path has been found by now, or the visit would have failed. */
export function logVisit(pages: Pages, visit: Visit, done: { readonly contactId: string | null; readonly status: number }): void {
  const { request, session } = visit;
  const { tenant } = request.params;
  const tenantId = typeof tenant === "string" ? tenant : null;
  const call = `${request.method} ${String(request.route?.path)}`;
  logChange(pages.backing.log, { through: "page", call, tenantId, by: session.caller.kind, ...done });
}

/** The same for a page below `/tenants/:tenant`. A tenant that is not there and one that is not the visitor's look alike. */
export function ofTenant(pages: Pages, visit: (visit: TenantVisit) => Promise<void>, logged: Logged = "forms"): RequestHandler {
  const ofTheirs = async (signed: Visit) => {
    const { tenant: id } = signed.request.params;
    const { caller } = signed.session;
    const mayTry = typeof id === "string" && TENANT_ID.test(id) && (caller.kind === "operator" || caller.tenantId === id);
    const tenant = mayTry ? await findTenant(pages.backing.store, id) : null;
    if (tenant === null) throw new PageProblem("not-found");
    await visit({ ...signed, tenant });
  };
  return signedIn(pages, ofTheirs, logged);
}

/** For operators alone; a tenant finds nothing. */
export function ofOperator(pages: Pages, visit: (visit: Visit) => Promise<void>): RequestHandler {
  return signedIn(pages, async (signed) => {
    if (signed.session.caller.kind !== "operator") throw new PageProblem("not-found");
    await visit(signed);
  });
}

/** Throws `PageProblem` (stale form) where the form was not made by this console for this session. */
function refuseForged(request: Request, session: Session): void {
  if (!isSameOrigin(request) || !isOfSession(session, fieldOf(request, "csrf"))) throw new PageProblem("stale-form");
}

/** A form's field as text; null where it is absent or given several times. */
export function fieldOf(request: Request, name: string): string | null {
  const form: unknown = request.body;
  if (typeof form !== "object" || form === null || !Object.hasOwn(form, name)) return null;
  const value: unknown = Reflect.get(form, name);
  return typeof value === "string" ? value : null;
}

export const THEME_COOKIE = "mara_theme";

function themeOf(request: Request): Theme {
  const found = new RegExp(`(?:^|; ?)${THEME_COOKIE}=(dark|light)(?:;|$)`).exec(request.get("cookie") ?? "")?.[1];
  return found === "dark" || found === "light" ? found : "system";
}
