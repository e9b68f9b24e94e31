import { isProvider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import { deliveryPage, type DeliveryRequest } from "../../delivery-list.ts";
import { uuid } from "../../input.ts";
import { OUTCOMES } from "../../present.ts";
import { countFailed, replayDelivery, replayFailed } from "../../replay.ts";
import { Refusal } from "../../respond.ts";
import { pathOf } from "../layout.tsx";
import { streamPath, type LiveLook, type Shown } from "../live/live.ts";
import { fieldOf, ofTenant, PageProblem, show, type Pages, type TenantVisit } from "../page.ts";
import { cursor, idIn, linkTo, PAGE_SIZE, paramsOf, provider, queryOf, sought } from "../parts/query.ts";
import { Pager } from "../parts/small.tsx";
import { DeliveryView, ReplayButton } from "./delivery.tsx";
import { DeliveryList, ReplayWords, type DeliverySearch, type ReplayResult } from "./list.tsx";
import { lookAtDelivery } from "./look.ts";
import { Payload } from "./payload.tsx";
import { ReplayFailed } from "./replay-failed.tsx";
import { Rows } from "./rows.tsx";
import { DeliveryWay } from "./way.tsx";

const LIST = "deliveries";
const ONE = "delivery";

const searchQuery = { provider, outcome: z.enum(OUTCOMES).optional(), event: sought };
const listQuery = { ...searchQuery, cursor, live: z.literal("off").optional() };

const replayResult = z.object({ replayed: z.number(), withoutPayload: z.number(), more: z.boolean() }) satisfies z.ZodType<ReplayResult>;
const replayAsked = z.object({ replay: z.enum(["asked", "no-payload"]) });

/** What reached a tenant's URLs. */
export function deliveryPages(pages: Pages): Router {
  const { backing } = pages;
  const router = Router();
  pages.live.view(LIST, { read: (query) => queryOf(query, searchQuery), look: (look) => freshRows(pages, look) });
  pages.live.view(ONE, { read: (query) => queryOf(query, { id: uuid }), look: (look) => freshWay(pages, look) });

  router.get("/tenants/:tenant/deliveries", ofTenant(pages, (visit) => showList(pages, visit)));

  router.get(
    "/tenants/:tenant/deliveries/replay-failed",
    ofTenant(pages, async ({ request, response, viewer, tenant }) => {
      show(response, <ReplayFailed viewer={viewer} tenant={tenant} provider={queryOf(request.query, { provider }).provider} />);
    }),
  );

  router.post(
    "/tenants/:tenant/deliveries/replay-failed",
    ofTenant(pages, async (visit) => {
      const { request, tenant } = visit;
      const only = fieldOf(request, "provider") ?? "";
      if (only !== "" && !isProvider(only)) throw new PageProblem("bad-form");
      const result: ReplayResult = await replayFailed(backing, tenant.id, only === "" ? undefined : only);
      await pages.once.leadTo(visit, linkTo(pathOf(tenant.id, "deliveries"), { provider: only }), result);
    }),
  );

  router.get("/tenants/:tenant/deliveries/:id", ofTenant(pages, (visit) => showOne(pages, visit)));

  // A replay that could not be asked for leaves its own address in the browser.
  router.get(
    "/tenants/:tenant/deliveries/:id/replay",
    ofTenant(pages, async ({ request, response, tenant }) => response.redirect(303, `${pathOf(tenant.id, "deliveries")}/${idIn(request)}`)),
  );

  router.post(
    "/tenants/:tenant/deliveries/:id/replay",
    ofTenant(pages, async (visit) => {
      const { request, tenant } = visit;
      const id = idIn(request);
      const replay = await askForReplay(pages, tenant.id, id);
      await pages.once.leadTo(visit, `${pathOf(tenant.id, "deliveries")}/${id}`, { replay } satisfies z.output<typeof replayAsked>);
    }),
  );

  return router;
}

async function showList(pages: Pages, visit: TenantVisit): Promise<void> {
  const { request, response, viewer, tenant } = visit;
  const { cursor: from, live, ...search } = queryOf(request.query, listQuery);
  const page = await deliveryPage(pages.backing, tenant.id, requestFor(search, from));
  const failed = await countFailed(pages.backing, tenant.id, search.provider);
  const path = pathOf(tenant.id, "deliveries");
  const isLive = from === undefined && live === undefined;
  const view = {
    failed,
    result: await pages.once.take(visit, replayResult),
    stream: isLive ? streamPath(tenant.id, LIST, paramsOf(search)) : null,
    first: from === undefined ? null : linkTo(path, search),
    next: olderThan(tenant, search, page.nextCursor),
  };
  show(
    response,
    <DeliveryList viewer={viewer} tenant={tenant} search={search} {...view}>
      <Rows tenant={tenant} page={page} isFiltered={isFiltered(search)} isBehind={from !== undefined} now={pages.now()} />
    </DeliveryList>,
  );
}

async function freshRows(pages: Pages, { tenant, asked: search, now }: LiveLook<DeliverySearch>): Promise<Shown> {
  const page = await deliveryPage(pages.backing, tenant.id, requestFor(search, undefined));
  // What is queued stands in Redis: one who watches that shall not need Postgres.
  const failed = search.outcome === "queued" ? null : await countFailed(pages.backing, tenant.id, search.provider);
  return {
    parts: {
      ...(failed && { failed: <ReplayWords failed={failed} /> }),
      rows: <Rows tenant={tenant} page={page} isFiltered={isFiltered(search)} now={now} />,
      pager: <Pager first={null} next={olderThan(tenant, search, page.nextCursor)} />,
    },
  };
}

/** Where the deliveries behind a page stand. */
function olderThan(tenant: Tenant, search: DeliverySearch, cursor: string | null): string | null {
  return cursor && linkTo(pathOf(tenant.id, "deliveries"), { ...search, cursor });
}

function requestFor({ event, ...filter }: DeliverySearch, from: string | undefined): DeliveryRequest {
  return { ...filter, providerEventId: event === "" ? undefined : event, cursor: from, limit: PAGE_SIZE };
}

function isFiltered({ event, provider, outcome }: DeliverySearch): boolean {
  return Boolean(event) || provider !== undefined || outcome !== undefined;
}

async function showOne(pages: Pages, visit: TenantVisit): Promise<void> {
  const { request, response, viewer, tenant } = visit;
  const id = idIn(request);
  const delivery = await lookAtDelivery(pages.backing, tenant.id, id);
  if (delivery === null) throw new PageProblem("not-found");
  const replay = (await pages.once.take(visit, replayAsked))?.replay ?? null;
  const stream = delivery.isWaiting ? streamPath(tenant.id, ONE, paramsOf({ id })) : null;
  show(response, <DeliveryView {...{ viewer, tenant, delivery, replay, stream }} now={pages.now()} />);
}

/** What it carried, and that it can be replayed, changes only as it comes to its end. */
async function freshWay(pages: Pages, { tenant, asked: { id }, now }: LiveLook<{ readonly id: string }>): Promise<Shown> {
  const delivery = await lookAtDelivery(pages.backing, tenant.id, id);
  if (delivery === null) return { parts: {} };
  const way = <DeliveryWay tenant={tenant} delivery={delivery} now={now} />;
  if (!delivery.isSettled) return { parts: { way } };
  return { parts: { way, payload: <Payload delivery={delivery} />, replay: <ReplayButton delivery={delivery} /> }, isFinal: true };
}

async function askForReplay({ backing }: Pages, tenantId: string, id: string): Promise<"asked" | "no-payload"> {
  try {
    await replayDelivery(backing, tenantId, id);
    return "asked";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.refusal === "no_payload") return "no-payload";
    throw error.refusal === "not_found" ? new PageProblem("not-found") : error;
  }
}
