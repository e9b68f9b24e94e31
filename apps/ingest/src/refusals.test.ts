import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { connectors } from "@mara/connectors";
import { connectRedis, readJoblessDeliveries } from "@mara/queue";
import { createLogger } from "@mara/runtime";
import { createTenant, readKeyring, saveIntegration } from "@mara/store";
import { eventually } from "../../../test/support/eventually.ts";
import { cuttableWay, type CuttableWay } from "../../worker/test/cuttable.ts";
import { openIngest, sampleOf, type OpenIngest } from "../test/open-ingest.ts";
import { deliveryIdAt } from "./delivery-id.ts";
import { createReceive } from "./receive.ts";

let ingest: OpenIngest;
let way: CuttableWay;

async function open(keyring?: ReturnType<typeof readKeyring>): Promise<void> {
  ingest = await openIngest({
    ...(keyring && { keyring }),
    databaseUrl: async (text) => {
      const url = new URL(text);
      way = await cuttableWay({ host: url.hostname, port: Number(url.port) });
      url.host = `127.0.0.1:${way.port}`;
      return url.href;
    },
  });
}

async function close(): Promise<void> {
  await ingest.close();
  await way.close();
}

const deliver = (tenantId = "demo") => ingest.deliver("stripe", sampleOf("stripe", "charge.refunded"), { tenantId });

/** Every warning that speaks of 503, as it was written. */
const warnings = (lines: readonly string[]): unknown[] =>
  lines.map((line): unknown => JSON.parse(line)).filter((line) => JSON.stringify(line).includes("are answered 503"));

/** How many deliveries each reason has sent back. */
async function counted(): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
  const series = metrics.matchAll(/^mara_deliveries_received_total\{provider="stripe",outcome="unavailable",reason="(\w*)"\} (\d+)$/gm);
  return Object.fromEntries([...series].map(([, reason = "", count]): [string, number] => [reason, Number(count)]).filter(([, count]) => count > 0));
}

async function expectRefusal(reason: string, tenantId?: string): Promise<void> {
  expect(await deliver(tenantId)).toMatchObject({ status: 503 });
  expect(await counted()).toEqual({ [reason]: 1 });
  expect(warnings(ingest.log)).toMatchObject([{ level: "warn", reason }]);
}

describe("a delivery that is sent back is counted and told of by what stood in its way:", () => {
  beforeEach(() => open());
  afterEach(close);

  it("a Redis that is gone", async () => {
    await ingest.signalRedis("SIGKILL");
    await expectRefusal("redis");
  });

  it("a Redis that hangs", async () => {
    await ingest.signalRedis("SIGSTOP");
    await expectRefusal("redis");
  });

  it("a Redis that is full", async () => {
    await ingest.connection.config("SET", "maxmemory", "1");
    await expectRefusal("full");
  });

  it("too few replicas", async () => {
    await ingest.connection.config("SET", "min-replicas-to-write", "1");
    await expectRefusal("replicas");
  });

  it("a Postgres that is away, for a tenant that nobody has heard of", async () => {
    way.cut();
    await expectRefusal("postgres", "nobody");
  });

  it("each by itself, also while another lasts, and once, however many come", async () => {
    way.cut();
    await ingest.signalRedis("SIGKILL");
    for (let i = 0; i < 3; i++) await Promise.all([deliver("nobody"), deliver()]);
    expect(await counted()).toEqual({ redis: 3, postgres: 3 });
    const said = warnings(ingest.log);
    expect(said).toHaveLength(2);
    expect(said).toEqual(expect.arrayContaining(["postgres", "redis"].map((reason) => expect.objectContaining({ reason }))));
  });

  it("its sender is not told what", async () => {
    await ingest.connection.config("SET", "maxmemory", "1");
    expect((await deliver()).body).toEqual({ error: "unavailable" });
  });
});

describe("where the secrets can't be opened", () => {
  beforeEach(() => open(readKeyring(randomBytes(32).toString("base64"))));
  afterEach(close);

  it("a delivery is counted and told of as one that lacks the key", () => expectRefusal("key"));
});

describe("while a secret can't be opened beside an older one that can", () => {
  const makeSecret = () => connectors.stripe.makeSecret(randomBytes(32));
  const [older, newer, strangers] = [makeSecret(), makeSecret(), makeSecret()];
  const refund = () => sampleOf("stripe", "charge.refunded");
  const send = (secret: string) => ingest.deliver("stripe", refund(), { tenantId: "rotating", secret });
  const sendUnsigned = () => ingest.post("/api/webhooks/stripe/rotating", refund().body);

  beforeEach(async () => {
    await open();
    const { store } = ingest;
    await createTenant(store, { id: "rotating", name: "Rotating" });
    await saveIntegration(store, "rotating", "stripe", { signingSecret: older });
    // Who pasted the newer one did so where a key is in force that ingest has yet to get.
    const { pool, prisma, close } = store;
    const keyring = readKeyring([randomBytes(32), Buffer.alloc(32, 7)].map((key) => key.toString("base64")).join(","));
    await saveIntegration({ pool, prisma, close, keyring }, "rotating", "stripe", { signingSecret: newer });
  });
  afterEach(close);

  it("what the older one signed is taken", async () => {
    expect(await send(older)).toMatchObject({ status: 200, body: { status: "queued" } });
  });

  it("what the newer one signed is sent back as one that lacks the key", async () => {
    expect(await send(newer)).toMatchObject({ status: 503, body: { error: "unavailable" } });
    expect(await counted()).toEqual({ key: 1 });
    expect(warnings(ingest.log)).toMatchObject([{ level: "warn", reason: "key" }]);
  });

  it("so is what a stranger signed, since nobody can tell it from that", async () => {
    expect(await send(strangers)).toMatchObject({ status: 503 });
  });

  it("what is not signed at all is rejected, and is all that is listed so", async () => {
    await send(newer);
    expect(await sendUnsigned()).toMatchObject({ status: 401, body: { reason: "missing" } });
    const listed: unknown[] = [];
    const connection = connectRedis(ingest.redisUrl, "worker", () => undefined);
    const reader = readJoblessDeliveries(connection, { keep: async (deliveries) => (listed.push(...deliveries), []), onError: () => undefined });
    // They come in the order in which they were noted.
    await eventually(() => listed.length, (n) => n > 0);
    await reader.close();
    connection.disconnect();
    expect(listed).toMatchObject([{ outcome: "rejected", reason: "missing" }]);
  });
});

describe("while all bodies in hand take too much memory", () => {
  it("a delivery is told of as one that found none", async () => {
    const lines: string[] = [];
    const receive = createReceive({
      intake: { admit: async () => "queued", note: () => undefined },
      secrets: { lookUp: () => ({ kind: "unknown_tenant" }) },
      log: createLogger("ingest", "info", { write: (line: string) => void lines.push(line) }),
      maxBodyBytes: 1_000,
    });
    const receivedAt = Date.now();
    const arrival = { id: deliveryIdAt(receivedAt), receivedAt, provider: "stripe", tenantId: "demo", headers: {}, followed: null };
    const outcome = await receive({ ...arrival, readBody: async () => ({ kind: "too_much" }) });
    expect(outcome).toEqual({ kind: "unavailable", reason: "memory" });
    expect(warnings(lines)).toMatchObject([{ level: "warn", reason: "memory" }]);
  });
});
