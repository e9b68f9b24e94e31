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

/** `/tenants/{t}/live/{view}`: server-sent events with the parts of a page that changed. */
export function livePages(pages: Pages): Router {
  const router = Router();
  const open = new Map<string, number>();
  let all = 0;

  const count = (tenantId: string, by: 1 | -1) => {
    all += by;
    const left = (open.get(tenantId) ?? 0) + by;
    if (left === 0) open.delete(tenantId);
    else open.set(tenantId, left);
  };

  router.get(
    "/tenants/:tenant/live/:view",
    ofTenant(pages, async (visit) => {
      const { id } = visit.tenant;
      // Whoever left while it was looked up who they are has closed already, and would never close again.
      if (visit.response.closed) return;
      if (pages.backing.stopping.aborted || all >= MOST_STREAMS || (open.get(id) ?? 0) >= MOST_OF_ONE_TENANT) {
        throw new PageProblem("unavailable");
      }
      count(id, 1);
      visit.response.once("close", () => count(id, -1));
      stream(pages, visit);
    }),
  );

  return router;
}

function stream(pages: Pages, { request, response, tenant }: TenantVisit): void {
  const { view } = request.params;
  const query = new URLSearchParams(request.originalUrl.split("?", 2)[1] ?? "");
  const say = (news: News | { readonly event: "bye" }) => {
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
    else response.write(`event: ${news.event}\ndata: ${JSON.stringify(news)}\n\n`);
  };
  if (typeof view !== "string" || !pages.live.has(view)) throw new PageProblem("not-found");

  response.set({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
  response.write("retry: 2000\n\n");
  const leave = pages.live.watch(view, tenant, query, say);
  const end = () => response.end();
  const beat = setInterval(() => void keepAlive(pages, request, response, tenant.id, () => say({ event: "bye" })), BEAT_MS);
  pages.backing.stopping.addEventListener("abort", end, { once: true });
  response.once("close", () => {
    clearInterval(beat);
    pages.backing.stopping.removeEventListener("abort", end);
    leave();
  });
}

/** Ends the stream of somebody whose session ended, or whose tenant is gone. While Postgres is away nobody can tell. */
async function keepAlive(pages: Pages, request: Request, response: Response, tenantId: string, sayBye: () => void): Promise<void> {
  response.write(": still here\n\n");
  const stays = await pages.sessions
    .read(request, response)
    .then((session) => session !== null && maySee(pages.backing.store, session.caller, tenantId))
    .catch(() => true);
  if (stays || response.closed) return;
  sayBye();
  response.end();
}
