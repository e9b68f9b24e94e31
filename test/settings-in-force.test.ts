import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Connector, type Provider } from "@mara/connectors";
import { startIngest, type RunningIngest } from "@mara/ingest";
import { createLogger, listen, type Listening } from "@mara/runtime";
import { v4 as uuid } from "uuid";
import { listOf, openConsole, type OpenConsole } from "../apps/console/test/open-console.ts";
import { freePort } from "../launch/services/free-port.ts";
import { eventually } from "./support/eventually.ts";

// What is set in the console, as ingest sees it: two processes' worth of both, over HTTP, with nothing between them but Redis.

let console: OpenConsole;
let running: readonly { readonly ingest: RunningIngest; readonly server: Listening }[];

beforeAll(async () => {
  const port = await freePort();
  console = await openConsole({ ingestUrl: `http://127.0.0.1:${port}` });
  running = await Promise.all([port, 0].map(startOne));
});
afterAll(async () => {
  for (const { ingest, server } of running) {
    await server.close();
    await ingest.close();
  }
  await console.close();
});

async function startOne(port: number): Promise<{ ingest: RunningIngest; server: Listening }> {
  const ingest = startIngest({
    databaseUrl: console.databaseUrl,
    redisUrl: console.redis.url,
    keyring: console.backing.store.keyring,
    shards: 1,
    maxBodyBytes: 1_048_576,
    log: createLogger("ingest", "silent"),
  });
  const server = await listen(ingest.app, { host: "127.0.0.1", port });
  await eventually(async () => (await fetch(`${server.url}/readyz`)).status, (status) => status === 200);
  return { ingest, server };
}

function secretOf(provider: Provider, byte: number): string {
  return connectors[provider].makeSecret(Buffer.alloc(32, byte));
}

async function set(tenantId: string, provider: Provider, body: object): Promise<void> {
  const { status, text } = await console.ask("PUT", `/api/tenants/${tenantId}/integrations/${provider}`, { body });
  if (status !== 200) throw new Error(text);
}

/** What each ingest process answers to a new event that is signed with `secret`. */
async function answers(tenantId: string, provider: Provider, secret: string): Promise<string[]> {
  const connector: Connector = connectors[provider];
  return Promise.all(
    running.map(async ({ server }) => {
      const [make] = Object.values(connector.samples);
      const sample = make?.({ at: Date.now(), seed: uuid().replaceAll("-", "") });
      if (sample === undefined) throw new Error(`${provider} has no sample`);
      const headers = connector.sign(sample, secret, Date.now());
      const response = await fetch(`${server.url}/api/webhooks/${provider}/${tenantId}`, { method: "POST", headers, body: sample.body });
      return `${response.status} ${await response.text()}`;
    }),
  );
}

const both = (answer: string) => [answer, answer];
const QUEUED = '200 {"status":"queued"}';
const MISMATCH = '401 {"error":"invalid_signature","reason":"mismatch"}';

describe.each(PROVIDERS)("what is set for %s is in force on every ingest process when the console has answered:", (provider) => {
  it("a first secret", async () => {
    const { id } = await console.tenant();
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both('412 {"error":"no_signing_secret"}'));
    await set(id, provider, { signingSecret: secretOf(provider, 1) });
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both(QUEUED));
  });

  it("a new secret, with the old one beside it or gone at once", async () => {
    const { id } = await console.tenant();
    await set(id, provider, { signingSecret: secretOf(provider, 1) });
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both(QUEUED));
    await set(id, provider, { signingSecret: secretOf(provider, 2) });
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both(QUEUED));
    await set(id, provider, { signingSecret: secretOf(provider, 3), overlapHours: 0 });
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both(MISMATCH));
    expect(await answers(id, provider, secretOf(provider, 3))).toEqual(both(QUEUED));
  });

  it("the end of it", async () => {
    const { id } = await console.tenant();
    await set(id, provider, { signingSecret: secretOf(provider, 1) });
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both(QUEUED));
    await console.ask("DELETE", `/api/tenants/${id}/integrations/${provider}`);
    expect(await answers(id, provider, secretOf(provider, 1))).toEqual(both('412 {"error":"no_signing_secret"}'));
  });

  it("a test event goes all the way to the queue, and is listed as queued", async () => {
    const { id } = await console.tenant();
    await set(id, provider, { signingSecret: secretOf(provider, 1) });
    const { status, body } = await console.ask("POST", `/api/tenants/${id}/integrations/${provider}/test`);
    expect([status, body]).toEqual([200, { status: "queued", type: expect.any(String), eventId: expect.any(String) }]);
    const deliveries = listOf(await console.ask("GET", `/api/tenants/${id}/deliveries`)).items;
    expect(deliveries.map((one) => [one.provider, one.outcome])).toEqual([[provider, "queued"]]);
    const { body: settings } = await console.ask("GET", `/api/tenants/${id}/integrations`);
    const shown = { provider, health: expect.objectContaining({ pending: 1, last24h: expect.objectContaining({ queued: 1 }) }) };
    expect(settings).toMatchObject({ items: expect.arrayContaining([expect.objectContaining(shown)]) });
  });
});

it("a tenant is known as soon as it is made, also where its URL was tried before", async () => {
  expect(await answers("late-comer", "stripe", secretOf("stripe", 1))).toEqual(both('404 {"error":"unknown_tenant"}'));
  await console.ask("POST", "/api/tenants", { body: { name: "Late", id: "late-comer" } });
  expect(await answers("late-comer", "stripe", secretOf("stripe", 1))).toEqual(both('412 {"error":"no_signing_secret"}'));
});
