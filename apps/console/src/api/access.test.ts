import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { ADMIN_TOKEN, openConsole, type Answered, type OpenConsole } from "../../test/open-console.ts";
import { seedContact, seedDelivery } from "../../test/seed.ts";
import { apiRoutes } from "./index.ts";
import type { Route } from "./route.ts";

let console: OpenConsole;
let routes: readonly Route[];

beforeAll(async () => {
  console = await openConsole();
  routes = apiRoutes(console.backing);
});
afterAll(() => console.close());

const CALLERS = ["none", "empty", "wrong", "another scheme", "operator", "own tenant", "foreign tenant"] as const;

/** A tenant for one call, with one of everything that a path can name. */
async function equippedTenant(): Promise<{ id: string; token: string; contact: string; delivery: string }> {
  const tenant = await console.tenant();
  const contact = await seedContact(console.backing.store, tenant.id);
  const delivery = await seedDelivery(console.backing.store, tenant.id, { outcome: "failed", reason: "broken" });
  const settings = { signingSecret: `whsec_${Buffer.alloc(24, 1).toString("base64")}`, apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" };
  await console.ask("PUT", `/api/tenants/${tenant.id}/integrations/clerk`, { body: settings });
  return { ...tenant, contact, delivery };
}

function pathOf(route: Route, tenant: { id: string; contact: string; delivery: string }): string {
  return `/api${route.path}`
    .replace(":tenant", tenant.id)
    .replace(":provider", "clerk")
    .replace(":id", route.path.includes("/contacts/") ? tenant.contact : tenant.delivery);
}

async function callAs(caller: (typeof CALLERS)[number], route: Route): Promise<Answered> {
  const tenant = await equippedTenant();
  const foreign = await console.tenant();
  const headers: Record<string, string> = {
    none: {},
    empty: { authorization: "Bearer " },
    wrong: { authorization: `Bearer ${ADMIN_TOKEN}x` },
    "another scheme": { authorization: `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString("base64")}` },
    operator: { authorization: `Bearer ${ADMIN_TOKEN}` },
    "own tenant": { authorization: `Bearer ${tenant.token}` },
    "foreign tenant": { authorization: `Bearer ${foreign.token}` },
  }[caller];
  const body = route.path === "/tenants" ? { name: "New" } : {};
  return console.ask(route.method, pathOf(route, tenant), {
    token: null,
    headers,
    ...(route.method === "GET" ? {} : { body }),
  });
}

/** What each call answers here to somebody who may make it: a backfill runs already, and there is no ingest. */
const SERVED: Readonly<Record<string, number>> = {
  "POST /tenants": 201,
  "GET /tenants": 200,
  "POST /tenants/:tenant/token": 201,
  "GET /tenants/:tenant/integrations": 200,
  "PUT /tenants/:tenant/integrations/:provider": 200,
  "DELETE /tenants/:tenant/integrations/:provider": 204,
  "POST /tenants/:tenant/integrations/:provider/test": 502,
  "POST /tenants/:tenant/integrations/clerk/backfill": 409,
  "GET /tenants/:tenant/integrations/clerk/backfill": 200,
  "DELETE /tenants/:tenant/integrations/clerk/backfill": 202,
  "GET /tenants/:tenant/contacts": 200,
  "GET /tenants/:tenant/contacts/:id": 200,
  "DELETE /tenants/:tenant/contacts/:id": 204,
  "GET /tenants/:tenant/events": 200,
  "GET /tenants/:tenant/deliveries": 200,
  "POST /tenants/:tenant/deliveries/:id/replay": 202,
};

function expected(route: Route, caller: (typeof CALLERS)[number]): number | undefined {
  const served = SERVED[`${route.method} ${route.path}`];
  if (caller === "operator") return served;
  if (caller === "own tenant") return route.who === "tenant" ? served : 404;
  return caller === "foreign tenant" ? 404 : 401;
}

describe("who may make a call", () => {
  it("is decided the same way for every route", async () => {
    const seen: string[] = [];
    const wanted: string[] = [];
    for (const route of routes) {
      for (const caller of CALLERS) {
        const { status, body } = await callAs(caller, route);
        const want = expected(route, caller);
        const call = `${route.method} ${route.path} by ${caller}`;
        seen.push(`${call}: ${status}${status === 401 || status === 404 ? ` ${JSON.stringify(body)}` : ""}`);
        wanted.push(`${call}: ${want}${want === 401 ? ' {"error":"unauthorized"}' : want === 404 ? ' {"error":"not_found"}' : ""}`);
      }
    }
    expect(seen).toEqual(wanted);
  });

  it("is not told by how a foreign tenant and an unknown one are refused", async () => {
    const [tenant, foreign] = [await console.tenant(), await console.tenant()];
    const answers = await Promise.all(
      [foreign.id, "no-such-tenant"].map((id) => console.ask("GET", `/api/tenants/${id}/events`, { token: tenant.token })),
    );
    const [known, unknown] = answers.map(({ status, text }) => ({ status, text }));
    expect(known).toEqual(unknown);
  });

  it("comes before whether there is such a call", async () => {
    const { status } = await console.ask("GET", "/api/no/such/call", { token: null });
    expect(status).toBe(401);
  });

  it.each(["/api/tenants/%ff/events", "/api/tenants/%00/events", "/api/tenants/%2e%2e%2f/events"])(
    "ends at a tenant id that can't be one: %s",
    async (path) => {
      const { status, body } = await console.ask("GET", path);
      expect([status, body]).toEqual([404, { error: "not_found" }]);
    },
  );
});

describe("a tenant's token", () => {
  it("is worth nothing as soon as there is a new one", async () => {
    const { id, token } = await console.tenant();
    const rotated = await console.ask("POST", `/api/tenants/${id}/token`, { token });
    const asOld = await console.ask("GET", `/api/tenants/${id}/events`, { token });
    expect([rotated.status, asOld.status]).toEqual([201, 401]);
  });

  it("lets in as soon as it is there", async () => {
    const { id } = await console.tenant();
    const { body } = await console.ask("POST", `/api/tenants/${id}/token`);
    expect(body).toEqual({ token: expect.stringMatching(/^mara_/) });
    const { token } = z.object({ token: z.string() }).parse(body);
    expect((await console.ask("GET", `/api/tenants/${id}/events`, { token })).status).toBe(200);
  });
});

describe("a path of the API", () => {
  it("refuses every method that it has no call for, and names those that it has", async () => {
    const tenant = await equippedTenant();
    const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    const seen: string[] = [];
    const wanted: string[] = [];
    for (const path of new Set(routes.map((route) => route.path))) {
      const there = routes.filter((route) => route.path === path);
      const [first] = there;
      if (first === undefined) continue;
      const methods = there.map((route) => String(route.method));
      for (const method of METHODS.filter((one) => !methods.includes(one))) {
        const { status, body, headers } = await console.ask(method, pathOf(first, tenant));
        seen.push(`${method} ${path}: ${status} ${JSON.stringify(body)} ${headers.get("allow")}`);
        wanted.push(`${method} ${path}: 405 {"error":"method_not_allowed"} ${methods.join(", ")}`);
      }
    }
    expect(seen).toEqual(wanted);
  });

  it("answers HEAD as it answers GET, without the body", async () => {
    const { status, text } = await console.ask("HEAD", "/api/tenants");
    expect([status, text]).toEqual([200, ""]);
  });
});
