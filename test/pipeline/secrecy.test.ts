import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { PROVIDERS } from "@mara/connectors";
import { connectRedis } from "@mara/queue";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { startFakeClerk, type FakeClerk } from "../support/fake-clerk.ts";
import { eventually } from "../support/eventually.ts";
import { LIFE, lifeOf } from "../support/lives.ts";
import { ADMIN_TOKEN, openPipeline, SECRETS_KEY, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { makeSecrets, post, sendSigned, somethingOf } from "../support/provider-client.ts";
import { freshRedis } from "../support/services.ts";

/** Stands in everything that is somebody's own: names, addresses, custom fields. Never in an id of ours, or a type. */
const PERSONAL = "markedperson";
/** Stands in Clerk's private and unsafe metadata: it must be kept nowhere, not for a moment. */
const PRIVATE = "markedprivate";
/** Stands in the body of what was rejected. */
const REJECTED = "markedrejected";
const API_KEY = "sk_test_markedapikey";

const lines: string[] = [];
let redis: Awaited<ReturnType<typeof freshRedis>>;
let clerk: FakeClerk;
let pipeline: Pipeline;
let tenant: PipelineTenant;

/** A run in which everything happens that can: all outcomes, retries, replays, a backfill, an erasure, a failing Postgres. */
beforeAll(async () => {
  redis = await freshRedis();
  clerk = await startFakeClerk({ secretKey: API_KEY });
  clerk.add({ id: "user_listed", first_name: PERSONAL, public_metadata: { note: PERSONAL }, private_metadata: { note: PRIVATE }, unsafe_metadata: { note: PRIVATE } });
  pipeline = await openPipeline({ redisUrl: redis.url, clerkApiUrl: clerk.url, logs: { level: "trace", write: (line) => void lines.push(line) } });
  tenant = await pipeline.tenant();

  for (const { provider, ...event } of lifeOf(PERSONAL, Date.UTC(2026, 8, 1), "one")) {
    await tenant.send(provider, { ...event, body: provider === "clerk" ? withPrivate(event.body) : event.body });
    await tenant.send(provider, event);
  }
  await sendBroken();
  await sendRefused();
  await pipeline.api.saveIntegration(tenant.id, "clerk", { apiKey: API_KEY });
  await eventually(
    () => pipeline.api.ask("GET", `tenants/${tenant.id}/integrations/clerk/backfill`),
    ({ body }) => (body as { status?: string } | null)?.status === "done",
  );
  await pipeline.store.pool.query("ALTER TABLE events ADD CONSTRAINT mistake CHECK (type <> 'purchase') NOT VALID");
  await tenant.sendSample("polar", "order.paid", "refused");
  await tenant.settled();
  for (const { id } of await pipeline.api.deliveries(tenant.id, "outcome=failed")) await pipeline.api.replay(tenant.id, id);
  await pipeline.api.ask("POST", "tenants", { name: PERSONAL, nonsense: PERSONAL });
  await pipeline.api.ask("PUT", `tenants/${tenant.id}/integrations/stripe`, { signingSecret: `${PERSONAL}: not a secret` });
  await tenant.settled();
});
afterAll(async () => {
  await pipeline.close();
  await clerk.close();
  await redis.stop();
});

function withPrivate(body: string): string {
  const event = JSON.parse(body) as { data: object };
  return JSON.stringify({ ...event, data: { ...event.data, private_metadata: { note: PRIVATE }, unsafe_metadata: { note: PRIVATE } } });
}

/** The event with each of its objects in a list: what connectors look for is no longer where it was. */
function inList(body: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body) as object).map(([key, value]) => [key, typeof value === "object" ? [value] : value])));
}

/** Verified, but not to be understood: each fails in the worker, with all that it says of the person. */
async function sendBroken(): Promise<void> {
  const person = { email: `${PERSONAL}@example.com`, name: PERSONAL };
  for (const provider of PROVIDERS) {
    const { id, body } = somethingOf(provider, { at: Date.UTC(2026, 10, 1), seed: "broken", person });
    const broken = { id, body: inList(provider === "clerk" ? withPrivate(body) : body) };
    expect(await tenant.send(provider, broken)).toMatchObject({ body: { status: "queued" } });
  }
}

async function sendRefused(): Promise<void> {
  const url = `${pipeline.ingestUrls[0]}/api/webhooks/polar/${tenant.id}`;
  const body = JSON.stringify({ type: REJECTED, data: { note: REJECTED } });
  await post(url, body, { "x-note": REJECTED });
  await sendSigned(pipeline.ingestUrls[0], tenant.id, "polar", { id: "msg_refused", body }, makeSecrets().polar);
  await tenant.send("polar", { id: "msg_refused", body: `[${body}]` });
  await post(url, REJECTED.repeat(100_000));
}

/** Everything that Postgres holds, as text, by table. */
async function postgresAsText(): Promise<Map<string, string>> {
  const { rows } = await pipeline.store.pool.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
  const tables = rows.map(async ({ name }) => {
    const { rows: [table] } = await pipeline.store.pool.query<{ text: string | null }>(`SELECT string_agg(t::text, E'\\n') AS text FROM "${name}" t`);
    return [name, table?.text ?? ""] as const;
  });
  return new Map(await Promise.all(tables));
}

/** Everything that Redis was ever told: its append-only file has each command since the start. */
async function redisAsText(): Promise<string> {
  const connection = connectRedis(redis.url, "reader", () => undefined);
  const [, dir = ""] = (await eventually(() => connection.config("GET", "dir").catch(() => []), (answer) => answer.length > 0)) as string[];
  connection.disconnect();
  const files = await readdir(join(dir, "appendonlydir"));
  return (await Promise.all(files.map((file) => readFile(join(dir, "appendonlydir", file), "latin1")))).join("\n");
}

it("keeps every secret, body and personal value out of the logs", () => {
  const log = lines.join("");
  expect(lines.length).toBeGreaterThan(LIFE.length);
  for (const word of [PERSONAL, PRIVATE, REJECTED, API_KEY, ADMIN_TOKEN, SECRETS_KEY, tenant.token, ...Object.values(tenant.secrets)]) {
    expect(lines.filter((line) => line.includes(word))).toEqual([]);
  }
  for (const secret of Object.values(tenant.secrets)) expect(log).not.toContain(secret.slice(-12));
});

it("follows a delivery from ingest's answer into its job, in the logs", async () => {
  const { headers } = await tenant.sendSample("clerk", "user.created", "followed");
  await tenant.settled();
  const requestId = headers.get("x-request-id");
  expect(requestId).toEqual(expect.any(String));
  await eventually(() => lines.filter((line) => line.includes(String(requestId))).map((line) => (JSON.parse(line) as { app: string }).app), (apps) => apps.includes("worker"));
});

it("keeps private and unsafe metadata, and what was rejected, out of Postgres and Redis", async () => {
  const [tables, commands] = [await postgresAsText(), await redisAsText()];
  // The search can find something: what may be kept is there.
  expect(tables.get("contacts")).toContain(PERSONAL);
  expect(tables.get("payloads")).toContain(PERSONAL);
  expect(commands).toContain(PERSONAL);
  for (const word of [PRIVATE, REJECTED]) {
    expect([...tables].filter(([, text]) => text.includes(word)).map(([name]) => name)).toEqual([]);
    expect(commands.includes(word)).toBe(false);
  }
});

it("keeps secrets and keys nowhere in the clear", async () => {
  const [tables, commands] = [await postgresAsText(), await redisAsText()];
  for (const word of [...Object.values(tenant.secrets), API_KEY, tenant.token, ADMIN_TOKEN, SECRETS_KEY]) {
    expect([...tables].filter(([, text]) => text.includes(word)).map(([name]) => name)).toEqual([]);
    expect(commands.includes(word)).toBe(false);
  }
});

it("lets nothing of a person be found in Postgres once they are erased, but in what nobody could understand", async () => {
  for (const { id } of await pipeline.api.contacts(tenant.id)) await pipeline.api.erase(tenant.id, id);
  await pipeline.store.pool.query("DELETE FROM payloads p USING deliveries d WHERE d.id = p.delivery_id AND d.outcome = 'failed'");
  const tables = await postgresAsText();
  expect([...tables].filter(([, text]) => text.includes(PERSONAL)).map(([name]) => name)).toEqual([]);
});
