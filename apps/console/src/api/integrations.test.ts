import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { connectRedis, subscribeSettingsChanges } from "@mara/queue";
import { loadSecrets } from "@mara/store";
import { z } from "zod";
import { openConsole, PUBLIC_URL, type OpenConsole } from "../../test/open-console.ts";
import { makeSecrets } from "../../../../test/support/provider-client.ts";
import { seedDelivery, seedRejection } from "../../test/seed.ts";

const SECRETS = {
  ...makeSecrets(),
  stripe: `whsec_${"s".repeat(32)}`,
  polar: `polar_whs_${"p".repeat(32)}`,
  clerk: `whsec_${Buffer.alloc(24, 9).toString("base64")}`,
};
const API_KEY = "sk_test_abcdefghijklmnopqrstuvwxyz0123";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

const integration = z.looseObject({
  provider: z.string(),
  configured: z.boolean(),
  secrets: z.array(z.looseObject({ id: z.string(), hint: z.string(), expiresAt: z.string().nullable() })),
  apiKey: z.object({ hint: z.string() }).nullable(),
  signupEvent: z.string().nullable(),
  health: z.looseObject({ lastProblem: z.string().nullable(), pending: z.number().nullable() }),
});

async function put(tenantId: string, provider: string, body: unknown) {
  const answer = await console.ask("PUT", `/api/tenants/${tenantId}/integrations/${provider}`, { body });
  return { status: answer.status, text: answer.text, integration: answer.status === 200 ? integration.parse(answer.body) : null };
}

async function list(tenantId: string) {
  const { body } = await console.ask("GET", `/api/tenants/${tenantId}/integrations`);
  return z.object({ items: z.array(integration) }).parse(body).items;
}

const one = async (tenantId: string, of: Provider) => (await list(tenantId)).find(({ provider }) => provider === of);

describe("GET integrations", () => {
  it("has one a provider, before anything is set up", async () => {
    const { id } = await console.tenant();
    const { body } = await console.ask("GET", `/api/tenants/${id}/integrations`);
    const empty = (provider: string) => ({
      provider,
      webhookUrl: `${PUBLIC_URL}/api/webhooks/${provider}/${id}`,
      configured: false,
      secrets: [],
      apiKey: null,
      signupEvent: null,
      health: {
        contacts: 0,
        lastActivityAt: null,
        lastEventType: null,
        lastProblem: null,
        last24h: { queued: 0, ignored: 0, duplicate: 0, rejected: 0, failed: 0 },
        pending: 0,
      },
    });
    expect(body).toEqual({ items: PROVIDERS.map(empty) });
  });

  it("counts the last day by outcome, and says what went wrong last", async () => {
    const { id } = await console.tenant();
    await seedDelivery(console.backing.store, id, { provider: "polar" });
    await seedDelivery(console.backing.store, id, { provider: "polar", outcome: "ignored", reason: "nothing for it" });
    for (let i = 0; i < 3; i++) await seedRejection(console.backing.store, id, "polar", "mismatch");
    const [polar, clerk] = [await one(id, "polar"), await one(id, "clerk")];
    expect(polar?.health).toMatchObject({
      last24h: { queued: 1, ignored: 1, duplicate: 0, rejected: 3, failed: 0 },
      lastEventType: "invoice.payment_failed",
      lastActivityAt: expect.stringMatching(/Z$/),
      lastProblem:
        "3 deliveries were rejected in the last 24 hours. The last one: the signature does not match. Paste the signing secret again; " +
        "Polar switches an endpoint off after 10 failures in a row.",
    });
    expect(clerk?.health.lastProblem).toBeNull();
  });
});

describe("PUT an integration", () => {
  it.each(PROVIDERS)("takes a signing secret of %s and shows a hint of it", async (provider) => {
    const { id } = await console.tenant();
    const { status, integration: saved } = await put(id, provider, { signingSecret: SECRETS[provider] });
    expect([status, saved?.configured, saved?.secrets.length]).toEqual([200, true, 1]);
    expect(saved?.secrets[0]).toEqual({
      id: expect.any(String),
      hint: expect.stringContaining(SECRETS[provider].slice(-4)),
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: null,
      lastUsedAt: null,
    });
  });

  it("keeps the old secret valid for as long as it is told", async () => {
    const { id } = await console.tenant();
    await put(id, "stripe", { signingSecret: SECRETS.stripe });
    const before = Date.now();
    const { integration: saved } = await put(id, "stripe", { signingSecret: `${SECRETS.stripe}2`, overlapHours: 2 });
    const [fresh, old] = saved?.secrets ?? [];
    expect(fresh?.expiresAt).toBeNull();
    const hours = (Date.parse(old?.expiresAt ?? "") - before) / 3_600_000;
    expect(Math.round(hours * 100) / 100).toBe(2);
  });

  it("lets the old secret go at once where it is told so", async () => {
    const { id } = await console.tenant();
    await put(id, "stripe", { signingSecret: SECRETS.stripe });
    const { integration: saved } = await put(id, "stripe", { signingSecret: `${SECRETS.stripe}2`, overlapHours: 0 });
    expect(saved?.secrets.map((secret) => secret.expiresAt)).toEqual([null]);
  });

  it("changes nothing when the secret in force is put again", async () => {
    const { id } = await console.tenant();
    const first = await put(id, "polar", { signingSecret: SECRETS.polar });
    const second = await put(id, "polar", { signingSecret: SECRETS.polar });
    expect(second.integration?.secrets).toEqual(first.integration?.secrets);
  });

  it("leaves alone what it is not told of", async () => {
    const { id } = await console.tenant();
    await put(id, "clerk", { signingSecret: SECRETS.clerk, apiKey: API_KEY, signupEvent: "user.created" });
    const { integration: saved } = await put(id, "clerk", {});
    expect(saved).toMatchObject({ configured: true, apiKey: { hint: expect.any(String) }, signupEvent: "user.created" });
  });

  it("takes the API key and the signup event away with null", async () => {
    const { id } = await console.tenant();
    await put(id, "clerk", { apiKey: API_KEY, signupEvent: "user.created" });
    const { integration: saved } = await put(id, "clerk", { apiKey: null, signupEvent: null });
    expect([saved?.apiKey, saved?.signupEvent]).toEqual([null, null]);
  });

  it("starts a backfill for the first API key, and for the first alone", async () => {
    const { id } = await console.tenant();
    await put(id, "clerk", { apiKey: API_KEY });
    const first = await console.ask("GET", `/api/tenants/${id}/integrations/clerk/backfill`);
    await console.ask("DELETE", `/api/tenants/${id}/integrations/clerk/backfill`);
    await put(id, "clerk", { apiKey: `${API_KEY}4` });
    const second = await console.ask("GET", `/api/tenants/${id}/integrations/clerk/backfill`);
    expect([first.body, second.body]).toEqual([
      expect.objectContaining({ status: "waiting" }),
      expect.objectContaining({ status: "canceled" }),
    ]);
  });

  it("loses no first backfill where something fails after the key was kept, and the call is made again", async () => {
    const { id } = await console.tenant();
    const { pool } = console.backing.store;
    await pool.query("ALTER TABLE delivery_counts RENAME TO counts_gone");
    const failed = await put(id, "clerk", { apiKey: API_KEY }).finally(() => pool.query("ALTER TABLE counts_gone RENAME TO delivery_counts"));
    const again = await put(id, "clerk", { apiKey: API_KEY });
    expect([failed.status, again.status]).toEqual([500, 200]);
    const { status, body } = await console.ask("GET", `/api/tenants/${id}/integrations/clerk/backfill`);
    expect([status, body]).toEqual([200, expect.objectContaining({ status: "waiting" })]);
  });

  it("tells every ingest process before it answers", async () => {
    const { id } = await console.tenant();
    const subscriber = connectRedis(console.redis.url, "subscriber", () => {});
    const heard: string[] = [];
    await new Promise<void>((resolve) => subscribeSettingsChanges(subscriber, (tenant) => heard.push(tenant), resolve));
    await put(id, "stripe", { signingSecret: SECRETS.stripe });
    // A message that was published before the answer has come before the answer to a question asked after it.
    await subscriber.ping();
    subscriber.disconnect();
    expect(heard).toEqual([id]);
  });

  it.each([
    ["a publishable key in place of the secret", "stripe", { signingSecret: "pk_live_abcdefghijklmnop" }, "signingSecret"],
    ["a secret with a space behind it", "stripe", { signingSecret: `${SECRETS.stripe} ` }, "signingSecret"],
    ["an empty secret", "stripe", { signingSecret: "" }, "signingSecret"],
    ["a secret with NUL", "stripe", { signingSecret: "whsec_with\0nul" }, "signingSecret"],
    ["a secret that is null", "stripe", { signingSecret: null }, "signingSecret"],
    ["a list of secrets", "stripe", { signingSecret: [SECRETS.stripe] }, "signingSecret"],
    ["a huge secret", "stripe", { signingSecret: `whsec_${"x".repeat(5_000)}` }, "signingSecret"],
    ["an API key for Stripe", "stripe", { apiKey: API_KEY }, "apiKey"],
    ["an API key in place of Polar's secret", "polar", { signingSecret: "sk_live_abcdefghijklmnopqrstuvwxyz" }, "signingSecret"],
    ["an API key in place of Clerk's secret", "clerk", { signingSecret: API_KEY }, "signingSecret"],
    ["a secret of Clerk's that is not base64", "clerk", { signingSecret: "whsec_not!base64" }, "signingSecret"],
    ["a publishable key in place of the API key", "clerk", { apiKey: "pk_test_abcdefghijklmnop" }, "apiKey"],
    ["a secret in place of the API key", "clerk", { apiKey: SECRETS.clerk }, "apiKey"],
    ["a blank API key", "clerk", { apiKey: " " }, "apiKey"],
    ["a huge API key", "clerk", { apiKey: `sk_test_${"x".repeat(5_000)}` }, "apiKey"],
    ["a deletion as signup event", "clerk", { signupEvent: "user.deleted" }, "signupEvent"],
    ["a signup event that another provider makes", "clerk", { signupEvent: "purchase" }, "signupEvent"],
    ["a signup event that is none", "clerk", { signupEvent: "toString" }, "signupEvent"],
    ["Clerk's signup event for Stripe", "stripe", { signupEvent: "user.created" }, "signupEvent"],
    ["an overlap before now", "stripe", { signingSecret: SECRETS.stripe, overlapHours: -1 }, "overlapHours"],
    ["an overlap for ever", "stripe", { signingSecret: SECRETS.stripe, overlapHours: 1e9 }, "overlapHours"],
    ["an overlap that is no number", "stripe", { signingSecret: SECRETS.stripe, overlapHours: "24" }, "overlapHours"],
    ["an overlap of nothing", "stripe", { overlapHours: 24 }, "overlapHours"],
    ["a key that is not known", "stripe", { secret: SECRETS.stripe }, "secret"],
  ])("refuses %s", async (_what, provider, body, path) => {
    const { id } = await console.tenant();
    const { status, text } = await put(id, provider, body);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { error: "invalid_request", issues: [{ path, message: expect.stringMatching(/\S/) }] },
    ]);
    expect((await list(id)).map((one) => [one.configured, one.apiKey, one.signupEvent])).toEqual(PROVIDERS.map(() => [false, null, null]));
  });

  it("says of each field at once what it must be", async () => {
    const { id } = await console.tenant();
    const { text } = await put(id, "stripe", { signingSecret: 5, overlapHours: 1_000, more: 1 });
    expect(JSON.parse(text)).toMatchObject({
      issues: [
        { path: "signingSecret", message: "must be a string" },
        { path: "overlapHours", message: "must be from 0 to 720" },
        { path: "more", message: "is not known here" },
      ],
    });
  });

  it("says where to put what was pasted in the wrong place", async () => {
    const { id } = await console.tenant();
    const { text } = await put(id, "clerk", { signingSecret: API_KEY, apiKey: SECRETS.clerk });
    expect(JSON.parse(text)).toMatchObject({
      issues: [
        { path: "signingSecret", message: expect.stringContaining("belongs in the API key field") },
        { path: "apiKey", message: expect.stringContaining("belongs in the signing secret field") },
      ],
    });
  });

  it("is not found for a provider that there is not", async () => {
    const { id } = await console.tenant();
    const statuses = [];
    for (const provider of ["nobody", "__proto__", "constructor", "STRIPE", "%00"]) statuses.push((await put(id, provider, {})).status);
    expect(statuses).toEqual([404, 404, 404, 404, 404]);
  });

  it("shows no secret and no key in any answer, the refusing ones included", async () => {
    const { id } = await console.tenant();
    const answers = [
      await put(id, "clerk", { signingSecret: SECRETS.clerk, apiKey: API_KEY }),
      await put(id, "clerk", { signingSecret: SECRETS.polar, apiKey: SECRETS.clerk }),
      await put(id, "stripe", { signingSecret: SECRETS.stripe }),
      await put(id, "stripe", { signingSecret: `${SECRETS.stripe}2` }),
      await console.ask("GET", `/api/tenants/${id}/integrations`),
      await console.ask("GET", `/api/tenants/${id}/integrations/clerk/backfill`),
    ].map((answer) => answer.text).join("\n");
    for (const secret of [...Object.values(SECRETS), API_KEY]) {
      expect(answers).not.toContain(secret.slice(0, 14));
      expect(answers).not.toContain(secret.slice(-8));
    }
  });
});

describe("DELETE an integration", () => {
  it("forgets its secrets, key and settings, and lets contacts and events be", async () => {
    const { id } = await console.tenant();
    await put(id, "clerk", { signingSecret: SECRETS.clerk, apiKey: API_KEY, signupEvent: "user.created" });
    await seedDelivery(console.backing.store, id, { provider: "clerk" });
    const { status, text } = await console.ask("DELETE", `/api/tenants/${id}/integrations/clerk`);
    const clerk = await one(id, "clerk");
    expect([status, text, clerk?.configured, clerk?.apiKey, clerk?.signupEvent]).toEqual([204, "", false, null, null]);
    expect((await loadSecrets(console.backing.store, [id])).get(id)?.clerk).toBeUndefined();
    const { body } = await console.ask("GET", `/api/tenants/${id}/deliveries`);
    expect(body).toMatchObject({ items: [{ provider: "clerk" }] });
  });

  it("is done as well where nothing was set up", async () => {
    const { id } = await console.tenant();
    expect((await console.ask("DELETE", `/api/tenants/${id}/integrations/stripe`)).status).toBe(204);
  });
});
