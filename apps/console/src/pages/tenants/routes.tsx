import { InvalidInput, listTenants, rotateToken, type Created } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import type { Backing } from "../../backing.ts";
import { addTenant } from "../../tenants.ts";
import { pathOf } from "../layout.tsx";
import { fieldOf, ofOperator, ofTenant, PageProblem, show, signedIn, type Pages, type Visit } from "../page.ts";
import { cursor, linkTo, PAGE_SIZE, queryOf, sought } from "../parts/query.ts";
import { FreshToken, TokenWasShown } from "./fresh-token.tsx";
import { TenantList, type TenantForm } from "./list.tsx";
import { RotateToken } from "./rotate-token.tsx";

const listQuery = { q: sought, cursor };

/** The tenants, for operators: their list, a new one; and a new token, for the tenant itself as well. */
export function tenantPages(pages: Pages): Router {
  const { backing } = pages;
  const router = Router();

  router.get("/", (_request, response) => response.redirect(303, "/tenants"));

  router.get(
    "/tenants",
    signedIn(pages, async (visit) => {
      const { caller } = visit.session;
      if (caller.kind === "tenant") visit.response.redirect(303, pathOf(caller.tenantId, "integrations"));
      else await showList(pages, visit, null);
    }),
  );

  router.post(
    "/tenants",
    ofOperator(pages, async (visit) => {
      const { request } = visit;
      const name = fieldOf(request, "name") ?? "";
      const id = (fieldOf(request, "id") ?? "").trim();
      const made = await make(backing, name, id);
      if (made.kind === "created") await pages.once.leadTo(visit, shownAt(made.tenant.id), { token: made.token, isNew: true } satisfies Fresh);
      else await showList(pages, visit, { name, id, problem: made });
    }),
  );

  router.get(
    "/tenants/:tenant",
    ofTenant(pages, async ({ response, tenant }) => response.redirect(303, pathOf(tenant.id, "integrations"))),
  );

  router.get(
    "/tenants/:tenant/token",
    ofTenant(pages, async ({ response, viewer, tenant }) => show(response, <RotateToken viewer={viewer} tenant={tenant} />)),
  );

  router.post(
    "/tenants/:tenant/token",
    ofTenant(pages, async (visit) => {
      const { request, response, session, tenant } = visit;
      const token = await rotateToken(backing.store, tenant.id);
      if (token === null) throw new PageProblem("not-found");
      // A tenant would be signed out by its own new token before it has seen it.
      const renewed = session.caller.kind === "tenant" ? await pages.sessions.begin(request, response, token) : null;
      await pages.once.leadTo({ ...visit, session: renewed ?? session }, shownAt(tenant.id), { token, isNew: false } satisfies Fresh);
    }),
  );

  router.get(
    "/tenants/:tenant/token/new",
    ofTenant(pages, async (visit) => {
      const { response, viewer, tenant } = visit;
      const told = await pages.once.take(visit, fresh);
      show(response, told === null ? <TokenWasShown viewer={viewer} tenant={tenant} /> : <FreshToken viewer={viewer} tenant={tenant} {...told} />);
    }),
  );

  return router;
}

/** A token that is there to be shown. `isNew`: its tenant was made with it. */
const fresh = z.object({ token: z.string(), isNew: z.boolean() });
type Fresh = z.output<typeof fresh>;

/** Where a new token is shown. */
function shownAt(tenantId: string): string {
  return `/tenants/${tenantId}/token/new`;
}

type Made = Exclude<Created, { kind: "taken" }> | ({ readonly kind: "refused" } & NonNullable<TenantForm["problem"]>);

async function make(backing: Backing, name: string, id: string): Promise<Made> {
  try {
    const created = await addTenant(backing, { name, ...(id !== "" && { id }) });
    if (created.kind === "created") return created;
    return { kind: "refused", field: "id", message: "Another tenant has this id: choose another, or leave it empty." };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const field = error.path === "id" ? "id" : "name";
    return { kind: "refused", field, message: `The ${field} ${error.message}.` };
  }
}

async function showList(pages: Pages, { request, response, viewer }: Visit, form: TenantForm | null): Promise<void> {
  const { cursor: from, q } = queryOf(request.query, listQuery);
  const { items, nextCursor } = await listTenants(pages.backing.store, { q, cursor: from, limit: PAGE_SIZE });
  const next = nextCursor && linkTo("/tenants", { q, cursor: nextCursor });
  const first = from === undefined ? null : linkTo("/tenants", { q });
  const view = { viewer, tenants: items, q: q ?? "", first, next, form, now: pages.now() };
  show(response, <TenantList {...view} />, form === null ? 200 : 422);
}
