import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Provider } from "@mara/connectors";
import { loadSecrets, openStore, readKeyring, saveIntegration, usableSecrets } from "@mara/store";
import { startIngestStandIn, type IngestStandIn } from "../test/ingest-stand-in.ts";
import { openConsole, type OpenConsole } from "../test/open-console.ts";

let console: OpenConsole;
let ingest: IngestStandIn;

beforeAll(async () => {
  ingest = await startIngestStandIn();
  console = await openConsole({ ingestUrl: ingest.url });
});
beforeEach(() => {
  ingest.received.length = 0;
  ingest.answer = { status: 200, body: '{"status":"queued"}' };
});
afterAll(async () => {
  await console.close();
  await ingest.close();
});

async function tenantWithSecret(provider: Provider): Promise<string> {
  const { id } = await console.tenant();
  const signingSecret = connectors[provider].makeSecret(Buffer.alloc(24, 5));
  await saveIntegration(console.backing.store, id, provider, { signingSecret });
  return id;
}

function send(tenantId: string, provider: string, body?: unknown) {
  return console.ask("POST", `/api/tenants/${tenantId}/integrations/${provider}/test`, body === undefined ? {} : { body });
}

/** The event that ingest was sent, read as ingest reads it: nothing unsigned gets through. */
async function eventThatArrived(tenantId: string, provider: Provider) {
  const [delivery] = ingest.received;
  const usable = usableSecrets((await loadSecrets(console.backing.store, [tenantId])).get(tenantId) ?? {}, provider, Date.now());
  if (delivery === undefined || usable.kind !== "opened") throw new Error("nothing arrived, or it can't be verified");
  const verdict = connectors[provider].verify(delivery, usable.secrets, Date.now());
  if (!verdict.ok) throw new Error(`the signature is ${verdict.reason}`);
  const identified = connectors[provider].identify(verdict.delivery, Date.now());
  if (!identified.ok) throw new Error("what arrived is no event");
  return { event: identified.event, path: delivery.path };
}

describe("a test event", () => {
  it.each(PROVIDERS)("of %s goes signed to the tenant's own URL, and shows a contact and a moment by default", async (provider) => {
    const id = await tenantWithSecret(provider);
    const { status, body } = await send(id, provider);
    const { event, path } = await eventThatArrived(id, provider);
    const { table, facts } = connectors[provider].normalise(event);
    expect([path, table.kind, facts?.person]).toEqual([`/api/webhooks/${provider}/${id}`, "moment", expect.objectContaining({ deleted: false })]);
    expect([status, body]).toEqual([200, { status: "queued", type: event.type, eventId: event.id }]);
  });

  it("says by default whose it is by an e-mail address, although other moments of the provider tell of none", async () => {
    const id = await tenantWithSecret("stripe");
    await send(id, "stripe");
    const { facts } = connectors.stripe.normalise((await eventThatArrived(id, "stripe")).event);
    expect(facts?.person?.emails).toHaveLength(1);
  });

  it("is signed with the secret that stays, also where that was pasted before the one that ends", async () => {
    const id = await tenantWithSecret("stripe");
    const ends = connectors.stripe.makeSecret(Buffer.alloc(24, 6));
    await saveIntegration(console.backing.store, id, "stripe", { signingSecret: ends });
    await saveIntegration(console.backing.store, id, "stripe", { signingSecret: connectors.stripe.makeSecret(Buffer.alloc(24, 5)) });
    await send(id, "stripe");
    const [delivery] = ingest.received;
    const verdict = delivery && connectors.stripe.verify(delivery, [{ id: "ends", value: ends }], Date.now());
    expect(verdict).toEqual({ ok: false, reason: "mismatch" });
    await eventThatArrived(id, "stripe");
  });

  it("is of the type that it is asked to be", async () => {
    const id = await tenantWithSecret("stripe");
    await send(id, "stripe", { type: "charge.refunded" });
    expect((await eventThatArrived(id, "stripe")).event.type).toBe("charge.refunded");
  });

  it("is new each time", async () => {
    const id = await tenantWithSecret("polar");
    const answers = [await send(id, "polar"), await send(id, "polar")];
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(2);
  });

  it.each([
    [503, '{"error":"unavailable"}'],
    [412, '{"error":"no_signing_secret"}'],
    [200, '{"status":"ignored","reason":"nothing for it"}'],
  ])("is answered with what ingest answered: %i %s", async (status, body) => {
    const id = await tenantWithSecret("stripe");
    ingest.answer = { status, body };
    const answer = await send(id, "stripe");
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining(JSON.parse(body))]);
  });

  it.each([
    ["a page", { status: 200, body: "<html>welcome</html>" }],
    ["no object", { status: 200, body: '"queued"' }],
    ["a redirect", { status: 302, body: "", headers: { location: "http://127.0.0.1:9/" } }],
  ])("is not said to have arrived where something else answers: %s", async (_what, answer) => {
    const id = await tenantWithSecret("stripe");
    ingest.answer = answer;
    const { status, body } = await send(id, "stripe");
    expect([status, body]).toEqual([502, { error: "ingest_unreachable" }]);
  });

  it("can't be sent without a signing secret", async () => {
    const { id } = await console.tenant();
    const { status, body } = await send(id, "clerk");
    expect([status, body, ingest.received.length]).toEqual([412, { error: "no_signing_secret" }, 0]);
  });

  it("can't be sent where the secret can't be opened, and is not said to lack one", async () => {
    const { id } = await console.tenant();
    const before = openStore({ databaseUrl: console.databaseUrl, keyring: readKeyring(Buffer.alloc(32, 9).toString("base64")) });
    await saveIntegration(before, id, "clerk", { signingSecret: connectors.clerk.makeSecret(Buffer.alloc(24, 5)) }).finally(() => before.close());
    const { status, body } = await send(id, "clerk");
    expect([status, body, ingest.received.length]).toEqual([503, { error: "unavailable" }, 0]);
  });

  it.each(["no.such.event", "__proto__", "constructor", "", 7, null])("refuses a type that there is not: %p", async (type) => {
    const id = await tenantWithSecret("clerk");
    const { status, body } = await send(id, "clerk", { type });
    expect([status, body]).toEqual([400, { error: "invalid_request", issues: [{ path: "type", message: expect.any(String) }] }]);
  });
});
