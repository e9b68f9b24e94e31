import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { connectors } from "@mara/connectors";
import { createTenant, openStore, readKeyring, saveIntegration, type Store } from "@mara/store";
import { freePort } from "../launch/services/free-port.ts";
import { openCollector, type CollectedSpan, type Collector } from "./support/collector.ts";
import { eventually } from "./support/eventually.ts";
import { post, sampleOf, sendSigned } from "./support/provider-client.ts";
import { freshDatabase, freshRedis } from "./support/services.ts";

const root = join(import.meta.dirname, "..");
const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");
const SECRET = connectors.stripe.makeSecret(Buffer.alloc(32, 1));
const PERSON = { email: "ada@traced.example", name: "Ada Traced" };

const closers: (() => Promise<unknown>)[] = [];
let collector: Collector;
let store: Store;
let ingestUrl: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  collector = await openCollector();
  const [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
  store = openStore({ databaseUrl: database.url, keyring: readKeyring(SECRETS_KEY) });
  closers.push(() => collector.close(), () => database.drop(), () => redis.stop(), () => store.close());
  await createTenant(store, { id: "demo", name: "Demo" });
  await saveIntegration(store, "demo", "stripe", { signingSecret: SECRET });
  const [ingestPort, workerPort] = [await freePort(), await freePort()];
  const environment = {
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    SECRETS_KEY,
    INGEST_PORT: String(ingestPort),
    WORKER_PORT: String(workerPort),
    LOG_LEVEL: "silent",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  start("apps/worker/dist/main.js", environment);
  start("apps/ingest/dist/main.js", environment);
  ingestUrl = `http://127.0.0.1:${ingestPort}`;
  for (const url of [ingestUrl, `http://127.0.0.1:${workerPort}`]) {
    await eventually(() => fetch(`${url}/readyz`).then(({ status }) => status, () => 0), (status) => status === 200);
  }
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

function start(program: string, env: NodeJS.ProcessEnv): void {
  children.push(spawn(process.execPath, [join(root, program)], { env, cwd: root, stdio: ["ignore", "ignore", "inherit"] }));
}

/** Sends a delivery of Stripe's; answers the id under which it is known. */
async function send(type: string, seed: string): Promise<string> {
  const answer = await sendSigned(ingestUrl, "demo", "stripe", sampleOf("stripe", type, { at: Date.now(), seed, person: PERSON }), SECRET);
  return answer.headers.get("x-request-id") ?? "";
}

/** All spans of a delivery's trace, once one of this name is among them. */
async function traceOf(delivery: string, until: string): Promise<CollectedSpan[]> {
  const trace = () => {
    const root = collector.spans.find((span) => span.name === "receive" && span.attributes["mara.delivery"] === delivery);
    return collector.spans.filter((span) => span.traceId === root?.traceId);
  };
  return eventually(trace, (spans) => spans.some(({ name }) => name === until));
}

/** Spans as a tree of names, each with its service where another process did it. */
function treeOf(spans: readonly CollectedSpan[], parent: CollectedSpan | null = null): unknown[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === (parent?.spanId ?? null))
    .map((span) => {
      const name = span.service === parent?.service ? span.name : `${span.service}: ${span.name}`;
      const parts = treeOf(spans, span);
      return parts.length === 0 ? name : [name, ...parts];
    });
}

describe("a delivery that is followed", () => {
  it("is one trace from the socket to the commit, over both processes", async () => {
    const spans = await traceOf(await send("invoice.payment_failed", "one"), "work");
    expect(treeOf(spans)).toEqual([
      ["mara-ingest: receive", "read the body", "look up the secret", "verify", "normalise", "admit", ["mara-worker: work", "commit"]],
    ]);
  });

  it("says what it was and what became of it", async () => {
    const delivery = await send("charge.refunded", "two");
    const spans = await traceOf(delivery, "work");
    const names = { "mara.delivery": delivery, "mara.tenant": "demo", "mara.provider": "stripe", "mara.event_type": "charge.refunded" };
    expect(spans.find(({ name }) => name === "receive")?.attributes).toEqual({ ...names, "mara.outcome": "queued" });
    expect(spans.find(({ name }) => name === "work")?.attributes).toEqual({ ...names, "mara.attempt": 1, "mara.outcome": "processed" });
  });

  it("leads to the transaction that carried it, and that leads back", async () => {
    const spans = await traceOf(await send("invoice.payment_failed", "three"), "work");
    const [work, commit] = ["work", "commit"].map((name) => spans.find((span) => span.name === name));
    const batch = await eventually(() => collector.spans.find((span) => commit?.links.includes(span.spanId)), (span) => span !== undefined);
    expect(batch).toMatchObject({ name: "commit batch", service: "mara-worker", parentSpanId: null });
    expect(batch?.links).toContain(work?.spanId);
  });

  it("ends at the door where it is turned away", async () => {
    const answer = await post(`${ingestUrl}/api/webhooks/stripe/demo`, "{}", { "stripe-signature": "t=1,v1=00" });
    const spans = await traceOf(answer.headers.get("x-request-id") ?? "", "receive");
    expect(treeOf(spans)).toEqual([["mara-ingest: receive", "read the body", "look up the secret", "verify"]]);
    expect(spans.at(-1)?.attributes).toMatchObject({ "mara.outcome": "invalid_signature", "mara.reason": "mismatch" });
  });
});

describe("what is sent to the collector", () => {
  it("follows no trace that a stranger names, and repeats none of a stranger's words", async () => {
    const stranger = "5".repeat(32);
    const answer = await post(`${ingestUrl}/api/webhooks/nonsense/somebody`, "{}", { traceparent: `00-${stranger}-${"6".repeat(16)}-01` });
    await traceOf(answer.headers.get("x-request-id") ?? "", "receive");
    const all = collector.received.join("\n");
    for (const words of [stranger, "nonsense", "somebody"]) expect(all).not.toContain(words);
  });

  it("holds nothing of a person, no secret and no body", async () => {
    await traceOf(await send("checkout.session.completed", "four"), "work");
    const all = collector.received.join("\n");
    for (const words of [PERSON.email, PERSON.name, SECRET, "whsec_", "cus_", "v1="]) expect(all).not.toContain(words);
  });
});
