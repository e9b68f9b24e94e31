import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Connector, type Provider } from "@mara/connectors";
import { startIngest, type RunningIngest } from "@mara/ingest";
import { createLogger, listen, type Listening } from "@mara/runtime";
import { openStore, readKeyring, saveIntegration } from "@mara/store";
import { v4 as uuid } from "uuid";
import { openConsole, type OpenConsole } from "../apps/console/test/open-console.ts";
import { freePort } from "../launch/services/free-port.ts";
import { eventually } from "./support/eventually.ts";

// A database whose SECRETS_KEY is lost, and the system started on it with another one.

const UNAVAILABLE = '503 {"error":"unavailable"}';
const QUEUED = '200 {"status":"queued"}';
const MISMATCH = '401 {"error":"invalid_signature","reason":"mismatch"}';
const NO_SECRET = '412 {"error":"no_signing_secret"}';

let console: OpenConsole;
let ingest: RunningIngest;
let server: Listening;
let tenantId: string;
let said: string[];

beforeEach(async () => {
  const port = await freePort();
  console = await openConsole({ ingestUrl: `http://127.0.0.1:${port}` });
  tenantId = (await console.tenant()).id;
  const before = openStore({ databaseUrl: console.databaseUrl, keyring: readKeyring(Buffer.alloc(32, 9).toString("base64")) });
  for (const provider of PROVIDERS) await saveIntegration(before, tenantId, provider, { signingSecret: secretOf(provider, 1) });
  await before.close();

  said = [];
  ingest = startIngest({
    databaseUrl: console.databaseUrl,
    redisUrl: console.redis.url,
    keyring: console.backing.store.keyring,
    shards: 1,
    maxBodyBytes: 1_048_576,
    log: createLogger("ingest", "info", { write: (line: string) => void said.push(line) }),
  });
  server = await listen(ingest.app, { host: "127.0.0.1", port });
  await eventually(async () => (await fetch(`${server.url}/readyz`)).status, (status) => status === 200);
});
afterEach(async () => {
  await server.close();
  await ingest.close();
  await console.close();
});

function secretOf(provider: Provider, byte: number): string {
  return connectors[provider].makeSecret(Buffer.alloc(32, byte));
}

async function paste(provider: Provider, signingSecret: string): Promise<void> {
  const { status, text } = await console.ask("PUT", `/api/tenants/${tenantId}/integrations/${provider}`, { body: { signingSecret } });
  if (status !== 200) throw new Error(text);
}

/** What ingest answers to a new event that is signed with `secret`. */
async function deliver(provider: Provider, secret: string, tenant = tenantId): Promise<string> {
  const connector: Connector = connectors[provider];
  const [make] = Object.values(connector.samples);
  const sample = make?.({ at: Date.now(), seed: uuid().replaceAll("-", "") });
  if (sample === undefined) throw new Error(`${provider} has no sample`);
  const headers = connector.sign(sample, secret, Date.now());
  const response = await fetch(`${server.url}/api/webhooks/${provider}/${tenant}`, { method: "POST", headers, body: sample.body });
  return `${response.status} ${await response.text()}`;
}

async function test(provider: Provider): Promise<number> {
  return (await console.ask("POST", `/api/tenants/${tenantId}/integrations/${provider}/test`)).status;
}

describe("while the key is lost", () => {
  it("every provider of the tenant is asked to send again, whatever the signature, and never turned away", async () => {
    for (const provider of PROVIDERS) {
      expect(await deliver(provider, secretOf(provider, 1))).toBe(UNAVAILABLE);
      expect(await deliver(provider, secretOf(provider, 2))).toBe(UNAVAILABLE);
      expect(await test(provider)).toBe(503);
    }
    expect(await deliver("stripe", secretOf("stripe", 1), "nobody")).toBe('404 {"error":"unknown_tenant"}');
  });

  it("the operator hears of it once, and of nobody's secret", async () => {
    await Promise.all(PROVIDERS.map((provider) => deliver(provider, secretOf(provider, 1))));
    expect(said.filter((line) => line.includes("signing secrets can't be opened"))).toHaveLength(1);
    expect(said.join("\n")).not.toContain("whsec_");
  });

  it("a tenant that begins then is served", async () => {
    tenantId = (await console.tenant()).id;
    expect(await deliver("polar", secretOf("polar", 1))).toBe(NO_SECRET);
    await paste("polar", secretOf("polar", 1));
    expect(await deliver("polar", secretOf("polar", 1))).toBe(QUEUED);
  });
});

describe.each(PROVIDERS)("when the secret of %s is pasted again", (provider) => {
  const others = PROVIDERS.filter((other) => other !== provider);

  it("its deliveries are taken at once, though nobody has pasted for the others, who keep sending", async () => {
    await paste(provider, secretOf(provider, 1));
    expect([await deliver(provider, secretOf(provider, 1)), await test(provider)]).toEqual([QUEUED, 200]);
    expect(await Promise.all(others.map((other) => deliver(other, secretOf(other, 1))))).toEqual(others.map(() => UNAVAILABLE));
  });

  it("the one that replaced it is all that counts, and what it replaced is refused", async () => {
    await paste(provider, secretOf(provider, 2));
    expect([await deliver(provider, secretOf(provider, 2)), await deliver(provider, secretOf(provider, 1))]).toEqual([QUEUED, MISMATCH]);
  });
});
