import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFile } from "../run-file.ts";
import { freePort } from "../services/free-port.ts";
import { RunningSystem } from "./running-system.ts";

const SAMPLE = { id: "evt_1", type: "customer.created", body: "{}" };
const LATER = new Date(Date.now() + 60_000).toISOString();
const EARLIER = new Date(Date.now() - 60_000).toISOString();

/** Nobody listens there. */
const KEYS = {
  databaseUrl: "postgresql://127.0.0.1:9/postgres",
  redisUrl: "redis://127.0.0.1:9",
  secretsKey: Buffer.alloc(32).toString("base64"),
  adminToken: "token",
};

let dataDir: string;
let servers: Server[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-sample-"));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(dataDir, { recursive: true, force: true });
});

async function serve(answer: RequestListener): Promise<string> {
  const port = await freePort();
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${port}`;
}

const ready: RequestListener = (_request, response) => void response.end("{}");

/** A system with these in the place of its apps. */
async function systemOf(ingest: RequestListener, console: RequestListener = ready): Promise<RunningSystem> {
  const urls = { ingest: await serve(ingest), console: await serve(console), worker: "http://127.0.0.1:9" };
  await createRunFile(dataDir, { ...KEYS, urls, publicUrl: urls.ingest });
  return RunningSystem.find(dataDir, { answerMs: 300, outcomeMs: 300 });
}

const delivery = (providerEventId: string, outcome: string, receivedAt = LATER) => ({ providerEventId, outcome, receivedAt, reason: null, contactId: null });

/** A console that lists these pages of deliveries, and counts how many were asked for. */
function listing(...pages: readonly (readonly object[])[]) {
  const asked: number[] = [];
  const answer: RequestListener = (request, response) => {
    const at = Number(new URL(request.url ?? "", "http://localhost").searchParams.get("cursor") ?? 0);
    asked.push(at);
    response.end(JSON.stringify({ items: pages[at], nextCursor: at + 1 < pages.length ? String(at + 1) : null }));
  };
  return { asked, answer };
}

describe("a running system", () => {
  it("that is not there is said not to run", async () => {
    await expect(RunningSystem.find(dataDir)).rejects.toThrow(`Nothing runs on ${dataDir} yet`);
  });

  it("whose ingest alone is away is not said to be missing", async () => {
    const gone = `http://127.0.0.1:${await freePort()}`;
    await createRunFile(dataDir, { ...KEYS, urls: { ingest: gone, console: gone, worker: gone }, publicUrl: gone });
    await expect(RunningSystem.find(dataDir)).rejects.toThrow(`Ingest can't be reached at ${gone}`);
  });

  it("whose ingest lacks something is said to lack it", async () => {
    const lacking: RequestListener = (_request, response) => void response.writeHead(503).end('{"redis":"down"}');
    await expect(systemOf(lacking)).rejects.toThrow(`Ingest is up but can't do its work: {"redis":"down"}`);
  });

  it("whose Postgres is away is said to have none, in one line", async () => {
    const system = await systemOf(ready);
    await expect(system.secrets()).rejects.toThrow(/^The signing secrets can't be read from Postgres \(ECONNREFUSED\)/);
  });

  it("whose ingest hangs is not waited for", async () => {
    await expect(systemOf(() => undefined)).rejects.toThrow("Ingest is there but has not answered for 0.3 s");
  });

  it("whose ingest hangs on a delivery is not waited for", async () => {
    const system = await systemOf((request, response) => void (request.url === "/readyz" && response.end()));
    await expect(system.deliver("stripe", SAMPLE, "whsec_x")).rejects.toThrow("Ingest is there but has not answered for 0.3 s");
  });

  it("whose console hangs in the middle of an answer is not waited for", async () => {
    const system = await systemOf(ready, (_request, response) => void response.write("{"));
    await expect(system.outcomeOf("stripe", "evt_1")).rejects.toThrow("The console is there but has not answered for 0.3 s");
  });

  it("that has ended meanwhile is said to have", async () => {
    const system = await systemOf(ready);
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await expect(system.deliver("stripe", SAMPLE, "whsec_x")).rejects.toThrow("Ingest can't be reached any more");
  });

  it("tells of a delivery behind more than a page of newer ones", async () => {
    const { answer } = listing([delivery("other", "processed")], [delivery("evt_1", "duplicate"), delivery("evt_1", "ignored")]);
    const system = await systemOf(ready, answer);
    expect(await system.outcomeOf("stripe", "evt_1")).toMatchObject({ providerEventId: "evt_1", outcome: "ignored" });
  });

  it("is not asked for deliveries from before anything was sent to it", async () => {
    const { asked, answer } = listing([delivery("other", "processed", EARLIER)], [delivery("older", "processed", EARLIER)]);
    const system = await systemOf(ready, answer);
    await expect(system.outcomeOf("stripe", "evt_1")).rejects.toThrow("the console does not list it");
    expect(new Set(asked)).toEqual(new Set([0]));
  });

  it("has its worker doubted only where a delivery still waits", async () => {
    const system = await systemOf(ready, listing([delivery("evt_1", "queued")]).answer);
    await expect(system.outcomeOf("stripe", "evt_1")).rejects.toThrow("it still waits after 0.3 s: is the worker well?");
  });
});
