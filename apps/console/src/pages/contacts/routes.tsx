import { originsOf, type Identity, type IdentityFacts } from "@mara/identity";
import { cursorToEvent, eraseContact, findContact, listEvents, loadContactIdentities, type Contact, type IdentityRow } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import { namesIn } from "../../names-in.ts";
import { pathOf } from "../layout.tsx";
import { logVisit, ofTenant, PageProblem, show, type Pages, type TenantVisit } from "../page.ts";
import { cursor, EVENTS_PAGE_SIZE, idIn, linkTo, PAGE_SIZE, provider, queryOf, sought } from "../parts/query.ts";
import { ContactPage } from "./contact.tsx";
import { EraseContact } from "./erase.tsx";
import { ContactList } from "./list.tsx";
import { searchContacts } from "./search.ts";

const listQuery = { q: sought, provider, cursor };
const erased = z.object({ erased: z.literal(true) });

/** An identity as the worker stored it. */
type StoredIdentity = IdentityRow<IdentityFacts> & Identity;

/** A tenant's contacts. */
export function contactPages(pages: Pages): Router {
  const router = Router();

  router.get("/tenants/:tenant/contacts", ofTenant(pages, (visit) => showList(pages, visit)));

  router.get(
    "/tenants/:tenant/contacts/:id",
    ofContact(pages, "", (visit, contact) => showContact(pages, visit, contact)),
  );

  router.get(
    "/tenants/:tenant/contacts/:id/events/:event",
    ofTenant(pages, async (visit) => {
      const { request, response, tenant } = visit;
      const { store } = pages.backing;
      const event = idIn(request, "event");
      // The one that it became, where it was merged: on the way there by the id that is gone, the place would be lost.
      const contact = await findContact(store, tenant.id, idIn(request));
      if (contact === null) throw new PageProblem("not-found");
      const at = await cursorToEvent(store, tenant.id, contact.id, event);
      // A repeat and the first of it need not be about the same contact: ids and addresses move between people.
      if (at === null) await showContact(pages, visit, contact, { isElsewhere: true });
      else response.redirect(303, `${linkTo(`${pathOf(tenant.id, "contacts")}/${contact.id}`, { cursor: at })}#event-${event}`);
    }),
  );

  router.get(
    "/tenants/:tenant/contacts/:id/erase",
    ofContact(pages, "/erase", async ({ response, viewer, tenant }, contact) => {
      show(response, <EraseContact viewer={viewer} tenant={tenant} contact={contact} />);
    }),
  );

  router.post(
    "/tenants/:tenant/contacts/:id/erase",
    // One that was merged meanwhile is somebody else than was asked about: it is asked about anew.
    ofContact(pages, "/erase", async (visit, contact) => {
      const { tenant } = visit;
      if (!(await eraseContact(pages.backing.store, tenant.id, contact.id, namesIn))) throw new PageProblem("not-found");
      logVisit(pages, visit, { contactId: contact.id, status: 303 });
      await pages.once.leadTo(visit, pathOf(tenant.id, "contacts"), { erased: true } satisfies z.output<typeof erased>);
    }),
  );

  return router;
}

/** A visit to a page of a contact. The id of one that was merged away leads to the one that it became, to the same page (`below`). */
function ofContact(pages: Pages, below: string, visitContact: (visit: TenantVisit, contact: Contact) => Promise<void>) {
  const visitTheirs = async (visit: TenantVisit) => {
    const { request, response, tenant } = visit;
    const id = idIn(request);
    const contact = await findContact(pages.backing.store, tenant.id, id);
    if (contact === null) throw new PageProblem("not-found");
    if (contact.id !== id) response.redirect(303, `${pathOf(tenant.id, "contacts")}/${contact.id}${below}`);
    else await visitContact(visit, contact);
  };
  return ofTenant(pages, visitTheirs, "by-itself");
}

async function showList(pages: Pages, visit: TenantVisit): Promise<void> {
  const { request, response, viewer, tenant } = visit;
  const { cursor: from, ...search } = queryOf(request.query, listQuery);
  const { items, nextCursor } = await searchContacts(pages.backing.store, tenant.id, { ...search, cursor: from, limit: PAGE_SIZE });
  const path = pathOf(tenant.id, "contacts");
  const first = from === undefined ? null : linkTo(path, search);
  const next = nextCursor && linkTo(path, { ...search, cursor: nextCursor });
  const hasErased = (await pages.once.take(visit, erased)) !== null;
  const view = { viewer, tenant, search, first, next, hasErased, now: pages.now() };
  show(response, <ContactList {...view} contacts={items} />);
}

/** `isElsewhere`: a moment was looked for in its timeline that is not there. */
async function showContact(pages: Pages, visit: TenantVisit, contact: Contact, { isElsewhere = false } = {}): Promise<void> {
  const { request, response, viewer, tenant } = visit;
  const { store } = pages.backing;
  const { cursor: from } = queryOf(request.query, { cursor });
  const [identities, events] = await Promise.all([
    loadContactIdentities<StoredIdentity>(store, tenant.id, contact.id),
    listEvents(store, tenant.id, { contactId: contact.id, newestFirst: true, cursor: from, limit: EVENTS_PAGE_SIZE }),
  ]);
  const path = `${pathOf(tenant.id, "contacts")}/${contact.id}`;
  const first = from === undefined ? null : path;
  const next = events.nextCursor && linkTo(path, { cursor: events.nextCursor });
  const view = { viewer, tenant, contact, identities, origins: originsOf(identities), first, next, isElsewhere, now: pages.now() };
  show(response, <ContactPage {...view} events={events.items} />, isElsewhere ? 404 : 200);
}
