import type { Request, Response } from "express";
import { Router } from "express";
import { maySee } from "../../auth.ts";
import { ofTenant, PageProblem, type Pages, type TenantVisit } from "../page.ts";
import type { News } from "./live.ts";

/** A stream is cheap, but not free: these are more than people open, and fewer than a process can hold. */
const MOST_STREAMS = 1_000;
const MOST_OF_ONE_TENANT = 100;

/** How often a silent stream shows that it is alive, and whether its visitor still may watch. */
const BEAT_MS = 15_000;

/** A reader that is so far behind reads no more: it may come again. */
const MOST_UNREAD_BYTES = 1_048_576;

/** Who watches a stream. */
interface Watcher {
  readonly tenantId: string;
  /** Of their session. */
  readonly csrf: string;
}

/**
 * `/tenants/{t}/live/{view}`: server-sent events with the parts of a page that changed.
 * @param beatMs how often it is looked whether a visitor still may watch
 */
export function livePages(pages: Pages, beatMs: number = BEAT_MS): Router {
  const open = new Map<Response, Watcher>();
  const { stopping } = pages.backing;
  stopping.addEventListener("abort", () => open.forEach((_watcher, response) => response.end()), { once: true });
  // Whoever signs out in one tab has signed out in all of them.
  pages.sessions.onEnd((csrf) => {
    for (const [response, watcher] of open) if (watcher.csrf === csrf) sayGoodbye(response);
  });

  const isFull = (tenantId: string) =>
    open.size >= MOST_STREAMS || [...open.values()].filter((watcher) => watcher.tenantId === tenantId).length >= MOST_OF_ONE_TENANT;

  return Router().get(
    "/tenants/:tenant/live/:view",
    ofTenant(pages, async (visit) => {
      const { request, response, session, tenant } = visit;
      // Whoever left while it was looked up who they are has closed already, and would never close again.
      if (response.closed) return;
      // Or only hung up, and nobody would be told of that again either.
      if (request.socket.readableEnded) {
        response.end();
        return;
      }
      if (stopping.aborted || isFull(tenant.id)) throw new PageProblem("unavailable");
      stream(pages, visit, beatMs);
      open.set(response, { tenantId: tenant.id, csrf: session.csrf });
      response.once("close", () => open.delete(response));
    }),
  );
}

function stream(pages: Pages, { request, response, tenant }: TenantVisit, beatMs: number): void {
  const { view } = request.params;
  const query = new URLSearchParams(request.originalUrl.split("?", 2)[1] ?? "");
  const watch = typeof view === "string" ? pages.live.find(view, tenant, query) : null;
  if (watch === null) throw new PageProblem("not-found");

  response.set({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
  if (request.method === "HEAD") {
    // Nothing that is written would ever send the headers on their way.
    response.end();
    return;
  }
  send(response, "retry: 2000");
  const leave = watch((news) => {
    tell(response, news);
    if (news.event === "end") response.end();
  });
  const beat = setInterval(() => {
    send(response, ": still here");
    void endIfGone(pages, request, response, tenant.id);
  }, beatMs);
  response.once("close", () => {
    clearInterval(beat);
    leave();
  });
}

/** Ends the stream of somebody whose session ended, or whose tenant is gone. While Postgres is away nobody can tell. */
async function endIfGone(pages: Pages, request: Request, response: Response, tenantId: string): Promise<void> {
  const stays = await pages.sessions
    .read(request, response)
    .then(async (session) => {
      if (session === null || (await pages.sessions.hasEnded(session.csrf))) return false;
      return maySee(pages.backing.store, session.caller, tenantId);
    })
    .catch(() => true);
  if (!stays) sayGoodbye(response);
}

/** Their page then leads them to where one signs in. */
function sayGoodbye(response: Response): void {
  tell(response, { event: "bye" });
  response.end();
}

function tell(response: Response, news: News | { readonly event: "bye" }): void {
  send(response, `event: ${news.event}\ndata: ${JSON.stringify(news)}`);
}

function send(response: Response, lines: string): void {
  if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
  else if (!response.writableEnded) response.write(`${lines}\n\n`);
}
