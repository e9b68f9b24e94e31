import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS } from "@mara/connectors";
import { createLogger, listen, type Listening } from "@mara/runtime";
import { cancelBackfill, saveIntegration } from "@mara/store";
import { byProvider } from "../../../test/support/by-provider.ts";
import { z } from "zod";
import { ADMIN_TOKEN, openConsole, type OpenConsole } from "../test/open-console.ts";
import { seedDelivery } from "../test/seed.ts";
import { Visitor } from "../test/visitor.ts";
import { createConsole } from "./app.ts";

describe("the console", () => {
  let console: OpenConsole;

  beforeAll(async () => {
    console = await openConsole();
  });
  afterAll(() => console.close());

  it("says that it is up, and that it is ready", async () => {
    const [healthy, ready] = [await console.ask("GET", "/healthz", { token: null }), await console.ask("GET", "/readyz", { token: null })];
    expect([healthy.status, ready.status, ready.body]).toEqual([200, 200, { status: "ready" }]);
  });

  it.each([
    ["GET", "/nowhere"],
    ["POST", "/"],
    ["GET", "/apiary"],
    ["GET", "/%ff"],
  ])("answers JSON where nothing is: %s %s", async (method, path) => {
    const { status, body } = await console.ask(method, path);
    expect([status, body]).toEqual([404, { error: "not_found" }]);
  });

  it.each(["/api/tenants", "/api/tenants/none/events", "/api"])("lets no answer be stored, framed or sniffed: %s", async (path) => {
    const { headers } = await console.ask("GET", path);
    expect({
      cache: headers.get("cache-control"),
      csp: headers.get("content-security-policy"),
      sniff: headers.get("x-content-type-options"),
      tag: headers.get("etag"),
      powered: headers.get("x-powered-by"),
    }).toEqual({
      cache: "no-store",
      csp: "default-src 'none';frame-ancestors 'none'",
      sniff: "nosniff",
      tag: null,
      powered: null,
    });
  });

  it("tells whoever has no token how to send one", async () => {
    const { headers } = await console.ask("GET", "/api/tenants", { token: null });
    expect(headers.get("www-authenticate")).toBe('Bearer realm="Mara"');
  });
});

describe("a schema that our own code offends", () => {
  let console: OpenConsole;
  let visitor: Visitor;
  let broken: Listening;
  let settings: string;
  let logged = "";

  beforeAll(async () => {
    console = await openConsole();
    const { id } = await console.tenant();
    settings = `tenants/${id}/settings/integrations`;
    const { backing } = console;
    const counts = z.object(byProvider(() => z.number())).strict();
    const pendingCounts = async () => counts.parse({ "ada@example.com": "hush" });
    const log = createLogger("console", "info", { write: (line) => void (logged += line) });
    broken = await listen(createConsole({ ...backing, log, desk: { ...backing.desk, pendingCounts } }, {}), { host: "127.0.0.1", port: 0 });
    visitor = await Visitor.signedIn(broken);
  });
  beforeEach(() => {
    logged = "";
  });
  afterAll(async () => {
    await broken.close();
    await console.close();
  });

  it.each([
    ["the API", () => fetch(`${broken.url}/api/${settings.replace("/settings", "")}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }), '"error":"internal_error"'],
    ["a page", () => visitor.open(`/${settings}`), "Something went wrong on our side"],
  ] as const)("is no mistake of whoever asks %s: it is a 500, and in the log with its place but without the data", async (_whom, ask, words) => {
    const answer = await ask();
    const said = "html" in answer ? answer.html : await answer.text();
    expect([answer.status, said]).toEqual([500, expect.stringContaining(words)]);
    expect(logged).toMatch(/it does not fit its schema: invalid_type.*app\.test\.ts/);
    expect(said + logged).not.toMatch(/ada@example|hush/);
  });
});

describe("while Redis is away", () => {
  let console: OpenConsole;
  let id: string;
  let delivery: string;

  beforeAll(async () => {
    console = await openConsole();
    id = (await console.tenant()).id;
    delivery = await seedDelivery(console.backing.store, id, { outcome: "failed", reason: "broken" });
    await saveIntegration(console.backing.store, id, "clerk", {
      signingSecret: connectors.clerk.makeSecret(Buffer.alloc(24, 5)),
      apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz",
    });
    await cancelBackfill(console.backing.store, id);
    await console.redis.stop();
  });
  afterAll(() => console.close());

  it("shows what is stored, and says that it is not all", async () => {
    const deliveries = await console.ask("GET", `/api/tenants/${id}/deliveries`);
    expect([deliveries.status, deliveries.body]).toEqual([
      200,
      { items: [expect.objectContaining({ id: delivery })], nextCursor: null, incomplete: true },
    ]);
    const integrations = await console.ask("GET", `/api/tenants/${id}/integrations`);
    expect(integrations.body).toMatchObject({ items: PROVIDERS.map((provider) => ({ provider, configured: provider === "clerk", health: { pending: null } })) });
  });

  it("makes a tenant, whose token is told this once", async () => {
    const { status, body } = await console.ask("POST", "/api/tenants", { body: { name: "Made in the dark" } });
    expect([status, body]).toEqual([201, expect.objectContaining({ token: expect.stringMatching(/^mara_/) })]);
  });

  it("starts a backfill that waits for Redis", async () => {
    const { status, body } = await console.ask("POST", `/api/tenants/${id}/integrations/clerk/backfill`);
    expect([status, body]).toEqual([202, expect.objectContaining({ status: "waiting" })]);
  });

  it.each([
    ["GET", "deliveries?outcome=queued", undefined],
    ["POST", "deliveries/:delivery/replay", undefined],
    ["PUT", "integrations/stripe", { signingSecret: `whsec_${"s".repeat(32)}` }],
    ["DELETE", "integrations/polar", undefined],
  ])("asks to come back for what needs it: %s %s", async (method, path, sent) => {
    const answer = await console.ask(method, `/api/tenants/${id}/${path.replace(":delivery", delivery)}`, { body: sent });
    expect([answer.status, answer.body, answer.headers.get("retry-after")]).toEqual([503, { error: "unavailable" }, "5"]);
  });

  it("is not ready, and says why", async () => {
    const { status, body } = await console.ask("GET", "/readyz", { token: null });
    expect([status, body]).toEqual([503, { status: "unavailable", failing: "redis" }]);
  });
});

describe("while Postgres is away", () => {
  let console: OpenConsole;

  beforeAll(async () => {
    console = await openConsole({ databaseUrl: "postgres://nobody@127.0.0.1:9/nothing" });
  });
  afterAll(() => console.close());

  it.each(["/api/tenants", "/api/tenants/acme/events", "/api/tenants/acme/deliveries"])("asks to come back: %s", async (path) => {
    const { status, body, headers } = await console.ask("GET", path);
    expect([status, body, headers.get("retry-after")]).toEqual([503, { error: "unavailable" }, "5"]);
  });

  it("takes no token for wrong only because it can't look it up", async () => {
    const { status } = await console.ask("GET", "/api/tenants/acme/events", { token: `mara_${"x".repeat(43)}` });
    expect(status).toBe(503);
  });

  it("is not ready, and says why", async () => {
    const { status, body } = await console.ask("GET", "/readyz", { token: null });
    expect([status, body]).toEqual([503, { status: "unavailable", failing: "postgres" }]);
  });
});
