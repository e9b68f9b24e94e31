import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { createLogger } from "@mara/runtime";
import { saveMerges, withStreams } from "@mara/store";
import { openConsole, type OpenConsole } from "../test/open-console.ts";
import { seedContact } from "../test/seed.ts";
import { Visitor } from "../test/visitor.ts";

let console: OpenConsole;
let tenant: { readonly id: string; readonly token: string };
let lines: string[] = [];

const SECRET = connectors.stripe.makeSecret(Buffer.alloc(24, 3));

beforeAll(async () => {
  console = await openConsole({ log: createLogger("console", "info", { write: (line) => void lines.push(line) }) });
  tenant = await console.tenant();
});
afterAll(() => console.close());
beforeEach(() => {
  lines = [];
});

const changes = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "a change was asked for");

describe("a change of a secret", () => {
  it("by the API is in the log with who made it, and without the secret", async () => {
    await console.ask("PUT", `/api/tenants/${tenant.id}/integrations/stripe`, { token: tenant.token, body: { signingSecret: SECRET } });
    const call = "PUT /tenants/:tenant/integrations/:provider";
    expect(changes()).toMatchObject([{ through: "api", call, tenantId: tenant.id, by: "tenant", status: 200 }]);
    expect(lines.join("")).not.toContain(SECRET);
  });

  it.each(["operator", "tenant"] as const)("on a page is in the log alike: of the %s", async (by) => {
    const visitor = await Visitor.signedIn(console, by === "tenant" ? tenant.token : undefined);
    await visitor.open(`/tenants/${tenant.id}/settings/integrations`);
    await visitor.submit(`/tenants/${tenant.id}/integrations/stripe/secret`, { signingSecret: SECRET });
    const call = "POST /tenants/:tenant/integrations/:provider/secret";
    expect(changes()).toMatchObject([{ through: "page", call, tenantId: tenant.id, by, status: 303 }]);
    expect(lines.join("")).not.toContain(SECRET);
  });

  it("that was only looked at is in no log", async () => {
    const visitor = await Visitor.signedIn(console);
    await visitor.open(`/tenants/${tenant.id}/settings/integrations`);
    expect(changes()).toEqual([]);
  });
});

describe("an erasure", () => {
  const EMAIL = "gone@example.com";

  it("by the API is in the log with the contact's id, and without a word of whom it was", async () => {
    const contactId = await seedContact(console.backing.store, tenant.id, { email: EMAIL });
    await console.ask("DELETE", `/api/tenants/${tenant.id}/contacts/${contactId}`, { token: tenant.token });
    const call = "DELETE /tenants/:tenant/contacts/:id";
    expect(changes()).toMatchObject([{ through: "api", call, tenantId: tenant.id, contactId, by: "tenant", status: 204 }]);
    expect(lines.join("")).not.toContain(EMAIL);
  });

  it("on a page is in the log alike", async () => {
    const contactId = await seedContact(console.backing.store, tenant.id, { email: EMAIL });
    const visitor = await Visitor.signedIn(console);
    await visitor.open(`/tenants/${tenant.id}/contacts/${contactId}/erase`);
    await visitor.submit(`/tenants/${tenant.id}/contacts/${contactId}/erase`);
    const call = "POST /tenants/:tenant/contacts/:id/erase";
    expect(changes()).toMatchObject([{ through: "page", call, tenantId: tenant.id, contactId, by: "operator", status: 303 }]);
    expect(lines.join("")).not.toContain(EMAIL);
  });

  /** Answers the ids of one that was merged away, and of the one that it became. */
  async function merged(): Promise<[from: string, into: string]> {
    const { store } = console.backing;
    const [from, into] = [await seedContact(store, tenant.id), await seedContact(store, tenant.id)];
    await withStreams(store.pool, [tenant.id], (client) => saveMerges(client, [{ tenantId: tenant.id, from, into }]));
    return [from, into];
  }

  it("by the id of a contact that was merged away is in the log with the id of the one that is gone", async () => {
    const [from, into] = await merged();
    await console.ask("DELETE", `/api/tenants/${tenant.id}/contacts/${from}`, { token: tenant.token });
    expect(changes()).toMatchObject([{ contactId: into, status: 204 }]);
  });

  it("on a page that asks again, because somebody else would be erased, is in no log until it happens", async () => {
    const [from, into] = await merged();
    const visitor = await Visitor.signedIn(console);
    await visitor.open(`/tenants/${tenant.id}/contacts/${into}/erase`);
    await visitor.submit(`/tenants/${tenant.id}/contacts/${from}/erase`);
    expect(changes()).toEqual([]);
    await visitor.submit(`/tenants/${tenant.id}/contacts/${into}/erase`);
    expect(changes()).toMatchObject([{ through: "page", contactId: into, status: 303 }]);
  });

  const UNKNOWN = "018f0000-0000-7000-8000-000000000000";

  it("by the API that came to nothing is in no log", async () => {
    await console.ask("DELETE", `/api/tenants/${tenant.id}/contacts/${UNKNOWN}`, { token: tenant.token });
    expect(changes()).toEqual([]);
  });

  it("on a page that came to nothing is in no log", async () => {
    const visitor = await Visitor.signedIn(console);
    await visitor.open(`/tenants/${tenant.id}/contacts`);
    await visitor.submit(`/tenants/${tenant.id}/contacts/${UNKNOWN}/erase`);
    expect(changes()).toEqual([]);
  });
});

describe("a change that was kept while Redis was away", () => {
  it("is in the log, although it is answered that ingest could not be told", async () => {
    const alone = await openConsole({ log: createLogger("console", "info", { write: (line) => void lines.push(line) }) });
    try {
      const { id } = await alone.tenant();
      await alone.redis.stop();
      lines = [];
      const { status } = await alone.ask("PUT", `/api/tenants/${id}/integrations/stripe`, { body: { signingSecret: SECRET } });
      const kept = await alone.ask("GET", `/api/tenants/${id}/integrations`);
      expect([status, kept.body]).toMatchObject([503, { items: PROVIDERS.map((provider) => ({ configured: provider === "stripe" })) }]);
      const call = "PUT /tenants/:tenant/integrations/:provider";
      expect(changes()).toMatchObject([{ through: "api", call, tenantId: id, contactId: null, by: "operator", status: 503 }]);
      const visitor = await Visitor.signedIn(alone);
      await visitor.open(`/tenants/${id}/settings/integrations`);
      lines = [];
      await visitor.submit(`/tenants/${id}/integrations/polar/secret`, { signingSecret: connectors.polar.makeSecret(Buffer.alloc(24, 3)) });
      expect(changes()).toMatchObject([{ through: "page", tenantId: id, contactId: null, by: "operator", status: 503 }]);
    } finally {
      await alone.close();
    }
  });
});
