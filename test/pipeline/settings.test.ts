import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS, type Provider } from "@mara/connectors";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { makeSecrets, sendSigned, somethingOf } from "../support/provider-client.ts";

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await openPipeline({ ingests: 2 });
});
afterAll(() => pipeline.close());

let seeds = 0;
const something = (provider: Provider) => somethingOf(provider, { at: Date.now(), seed: `settings${++seeds}` });

/** What both ingest instances answer to something new that is signed with `secret`. */
async function answersTo(secret: string, tenant: PipelineTenant, provider: Provider): Promise<unknown[]> {
  const answers = await Promise.all(pipeline.ingestUrls.map((url) => sendSigned(url, tenant.id, provider, something(provider), secret)));
  return answers.map(({ body }) => body);
}

/** Resolves when both instances answer so. A change is told to them over Redis, which takes a moment. */
const inForce = (secret: string, tenant: PipelineTenant, provider: Provider, answer: object) =>
  eventually(() => answersTo(secret, tenant, provider), (bodies) => bodies.every((body) => JSON.stringify(body) === JSON.stringify(answer)));

const QUEUED = { status: "queued" };
const MISMATCH = { error: "invalid_signature", reason: "mismatch" };

describe.each(PROVIDERS)("settings of %s", (provider) => {
  it("are in force on every instance: a rotated secret counts beside the old one", async () => {
    const tenant = await pipeline.tenant();
    await inForce(tenant.secrets[provider], tenant, provider, QUEUED);
    const newer = makeSecrets()[provider];
    expect(await answersTo(newer, tenant, provider)).toEqual([MISMATCH, MISMATCH]);
    const { secrets } = await pipeline.api.saveIntegration(tenant.id, provider, { signingSecret: newer });
    expect(secrets).toHaveLength(2);
    await inForce(newer, tenant, provider, QUEUED);
    expect(await answersTo(tenant.secrets[provider], tenant, provider)).toEqual([QUEUED, QUEUED]);
  });

  it("are in force on every instance: without an overlap the old secret counts no more", async () => {
    const tenant = await pipeline.tenant();
    await inForce(tenant.secrets[provider], tenant, provider, QUEUED);
    const newer = makeSecrets()[provider];
    await pipeline.api.saveIntegration(tenant.id, provider, { signingSecret: newer, overlapHours: 0 });
    await inForce(tenant.secrets[provider], tenant, provider, MISMATCH);
    expect(await answersTo(newer, tenant, provider)).toEqual([QUEUED, QUEUED]);
  });

  it("are in force on every instance: what is removed takes nothing more, and what is there stays", async () => {
    const tenant = await pipeline.tenant();
    await tenant.send(provider, something(provider));
    await tenant.settled();
    expect((await pipeline.api.ask("DELETE", `tenants/${tenant.id}/integrations/${provider}`)).status).toBe(204);
    await inForce(tenant.secrets[provider], tenant, provider, { error: "no_signing_secret" });
    expect((await pipeline.api.integrations(tenant.id))[provider]).toMatchObject({ configured: false, secrets: [] });
    expect(await pipeline.api.events(tenant.id)).toHaveLength(1);
    await pipeline.api.saveIntegration(tenant.id, provider, { signingSecret: tenant.secrets[provider] });
    await inForce(tenant.secrets[provider], tenant, provider, QUEUED);
  });

  it("are changed while deliveries come without refusing one", async () => {
    const tenant = await pipeline.tenant();
    await inForce(tenant.secrets[provider], tenant, provider, QUEUED);
    let secret = tenant.secrets[provider];
    const answers: unknown[] = [];
    let isRotated = false;
    const sender = async () => {
      while (!isRotated) answers.push(...(await answersTo(secret, tenant, provider)));
    };
    const senders = [sender(), sender(), sender()];
    for (let rotation = 0; rotation < 3; rotation++) {
      const newer = makeSecrets()[provider];
      await pipeline.api.saveIntegration(tenant.id, provider, { signingSecret: newer });
      await inForce(newer, tenant, provider, QUEUED);
      // The provider is told last, as its dashboard is: until then it signs with the old one.
      secret = newer;
    }
    isRotated = true;
    await Promise.all(senders);
    expect(answers.length).toBeGreaterThan(6);
    expect(answers.filter((answer) => JSON.stringify(answer) !== JSON.stringify(QUEUED))).toEqual([]);
  });
});

describe("a signup event", () => {
  it("marks the first of its kind as a signup from the moment it is chosen", async () => {
    const tenant = await pipeline.tenant();
    await tenant.send("clerk", something("clerk"));
    await tenant.settled();
    await pipeline.api.saveIntegration(tenant.id, "clerk", { signupEvent: "user.created" });
    await tenant.send("clerk", something("clerk"));
    await tenant.settled();
    expect((await pipeline.api.events(tenant.id)).map(({ signup }) => signup)).toEqual([false, true]);
  });
});

describe("a sample that is sent from the settings", () => {
  it.each(PROVIDERS)("of %s goes the way of a real delivery", async (provider) => {
    const tenant = await pipeline.tenant();
    const { status, body } = await pipeline.api.ask("POST", `tenants/${tenant.id}/integrations/${provider}/test`, { type: something(provider).type });
    expect([status, body]).toEqual([200, expect.objectContaining(QUEUED)]);
    await tenant.settled();
    expect(await pipeline.api.events(tenant.id)).toHaveLength(1);
  });
});

describe("a tenant's token", () => {
  it("reaches its own tenant and tells nobody of others", async () => {
    const [mine, other] = [await pipeline.tenant(), await pipeline.tenant()];
    const ask = (path: string) => fetch(`${pipeline.consoleUrl}/api/${path}`, { headers: { authorization: `Bearer ${mine.token}` } }).then(({ status }) => status);
    expect(await Promise.all([`tenants/${mine.id}/events`, `tenants/${other.id}/events`, "tenants/nobody/events", "tenants"].map(ask))).toEqual([200, 404, 404, 404]);
  });
});
