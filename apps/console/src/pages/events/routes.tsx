import { EVENT_TYPES } from "@mara/connectors";
import { contactNames, listEvents, type Tenant } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import { pathOf } from "../layout.tsx";
import { streamPath } from "../live/live.ts";
import { ofTenant, show, type Pages, type TenantVisit } from "../page.ts";
import { cursor, EVENTS_PAGE_SIZE, linkTo, paramsOf, provider, queryOf } from "../parts/query.ts";
import { Pager } from "../parts/small.tsx";
import { EventList, Moments, type EventSearch } from "./list.tsx";

const LIST = "events";

const searchQuery = { type: z.enum(EVENT_TYPES).optional(), provider };
const listQuery = { ...searchQuery, cursor, live: z.literal("off").optional() };

/** A tenant's events. */
export function eventPages(pages: Pages): Router {
  const router = Router();

  pages.live.view(LIST, {
    read: (query) => queryOf(query, searchQuery),
    look: async ({ tenant, asked: search, now }) => {
      const { events, contacts, nextCursor } = await pageOf(pages, tenant, search, undefined);
      const pager = <Pager first={null} next={olderThan(tenant, search, nextCursor)} />;
      return { parts: { events: <Moments {...{ tenant, search, events, contacts, now }} />, pager } };
    },
  });

  router.get("/tenants/:tenant/events", ofTenant(pages, (visit) => showList(pages, visit)));

  return router;
}

async function showList(pages: Pages, { request, response, viewer, tenant }: TenantVisit): Promise<void> {
  const { cursor: from, live, ...search } = queryOf(request.query, listQuery);
  const { events, contacts, nextCursor } = await pageOf(pages, tenant, search, from);
  const path = pathOf(tenant.id, "events");
  const isLive = from === undefined && live === undefined;
  const view = {
    stream: isLive ? streamPath(tenant.id, LIST, paramsOf(search)) : null,
    first: from === undefined ? null : linkTo(path, search),
    next: olderThan(tenant, search, nextCursor),
  };
  show(
    response,
    <EventList {...{ viewer, tenant, search }} {...view}>
      <Moments {...{ tenant, search, events, contacts }} now={pages.now()} />
    </EventList>,
  );
}

/** Where the events behind a page stand. */
function olderThan(tenant: Tenant, search: EventSearch, cursor: string | null): string | null {
  return cursor && linkTo(pathOf(tenant.id, "events"), { ...search, cursor });
}

async function pageOf({ backing: { store } }: Pages, tenant: Tenant, search: EventSearch, from: string | undefined) {
  const page = await listEvents(store, tenant.id, { ...search, cursor: from, limit: EVENTS_PAGE_SIZE, newestFirst: true });
  const contacts = await contactNames(store, tenant.id, page.items.flatMap(({ contactId }) => contactId ?? []));
  return { events: page.items, nextCursor: page.nextCursor, contacts };
}
