import { EVENT_TYPES } from "@mara/connectors";
import { contactNames, listEvents } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import { pathOf } from "../layout.tsx";
import { ofTenant, show, type Pages } from "../page.ts";
import { cursor, linkTo, EVENTS_PAGE_SIZE, provider, queryOf } from "../parts/query.ts";
import { EventList } from "./list.tsx";

const query = { type: z.enum(EVENT_TYPES).optional(), provider, cursor };

/** A tenant's events. */
export function eventPages(pages: Pages): Router {
  const { store } = pages.backing;
  const router = Router();

  router.get(
    "/tenants/:tenant/events",
    ofTenant(pages, async ({ request, response, viewer, tenant }) => {
      const { cursor: from, ...filter } = queryOf(request.query, query);
      const page = await listEvents(store, tenant.id, { ...filter, cursor: from, limit: EVENTS_PAGE_SIZE, newestFirst: true });
      const contacts = await contactNames(store, tenant.id, page.items.flatMap(({ contactId }) => contactId ?? []));
      const path = pathOf(tenant.id, "events");
      const first = from === undefined ? null : linkTo(path, filter);
      const next = page.nextCursor && linkTo(path, { ...filter, cursor: page.nextCursor });
      show(response, <EventList {...{ viewer, tenant, filter, contacts, first, next }} events={page.items} now={pages.now()} />);
    }),
  );

  return router;
}
