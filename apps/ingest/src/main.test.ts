import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, request, type IncomingMessage } from "node:http";
import { connectors } from "@mara/connectors";
import { createTenant, openStore, readKeyring, saveIntegration, type Store } from "@mara/store";
import { freePort } from "../../../launch/services/free-port.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshDatabase, freshRedis } from "../../../test/support/services.ts";
import { sampleOf } from "../test/open-ingest.ts";

const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");
const SECRET = connectors.stripe.makeSecret(Buffer.alloc(32, 1));

let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: Awaited<ReturnType<typeof freshRedis>>;
let store: Store;

beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
  store = openStore({ databaseUrl: database.url, keyring: readKeyring(SECRETS_KEY) });
  await createTenant(store, { id: "demo", name: "Demo" });
  await saveIntegration(store, "demo", "stripe", { signingSecret: SECRET });
});

/** Those that a test which failed has left behind. */
const children = new Set<ChildProcess>();

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await store.close();
  await redis.stop();
  await database.drop();
});

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exit: Promise<readonly unknown[]>;
}

async function start(env: Record<string, string>): Promise<Program> {
  const port = await freePort();
  const child = spawn(process.execPath, [new URL("../dist/main.js", import.meta.url).pathname], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRETS_KEY,
      INGEST_PORT: String(port),
      LOG_LEVEL: "silent",
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const program = { child, url: `http://127.0.0.1:${port}`, exit: once(child, "exit") };
  if (Object.keys(env).includes("MAX_BODY_BYTES")) return program;
  await eventually(() => statusOf(`${program.url}/readyz`), (status) => status === 200);
  return program;
}

function statusOf(url: string): Promise<number> {
  return fetch(url).then(({ status }) => status, () => 0);
}

/** `fetch` would take one that it has open to a certain process. */
function onOwnConnection(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => resolve(response.resume().statusCode ?? 0));
    request.on("error", () => resolve(0));
  });
}

async function deliver({ url }: Program): Promise<number> {
  const sample = sampleOf("stripe", "charge.refunded");
  const headers = connectors.stripe.sign(sample, SECRET, Date.now());
  const request = { method: "POST", body: sample.body, headers: { ...headers, connection: "close" } };
  return fetch(`${url}/api/webhooks/stripe/demo`, request).then(({ status }) => status, () => 0);
}

/** A delivery whose head the program has, and nothing of its body. `end` sends that, and answers the status. */
async function begun({ url }: Program): Promise<{ end(): Promise<number> }> {
  const sample = sampleOf("stripe", "charge.refunded");
  const signed = connectors.stripe.sign(sample, SECRET, Date.now());
  const headers = { ...signed, "content-length": Buffer.byteLength(sample.body), expect: "100-continue" };
  const sending = request(`${url}/api/webhooks/stripe/demo`, { method: "POST", agent: false, headers });
  sending.flushHeaders();
  await once(sending, "continue");
  return {
    end: async () => {
      sending.end(sample.body);
      const [answer]: IncomingMessage[] = await once(sending, "response");
      return answer?.resume().statusCode ?? 0;
    },
  };
}

/** Deliveries that it tells to have queued. */
async function receivedBy({ url }: Program): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^mara_deliveries_received_total{provider="stripe",outcome="queued",reason=""} (\d+)$/m.exec(metrics)?.[1]);
}

/** The processes that a process started. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

describe("the program", () => {
  it("serves, and stops in order", async () => {
    const program = await start({});
    expect(await deliver(program)).toBe(200);
    program.child.kill("SIGTERM");
    expect(await program.exit).toEqual([0, null]);
  });

  it("takes to its end what it has begun to read when it is asked to stop", async () => {
    const program = await start({});
    const delivery = await begun(program);
    program.child.kill("SIGTERM");
    await eventually(() => statusOf(`${program.url}/healthz`), (status) => status === 0);
    expect(await delivery.end()).toBe(200);
    expect(await program.exit).toEqual([0, null]);
  });

  it("says in one line which variable is wrong", async () => {
    const { child, exit } = await start({ MAX_BODY_BYTES: "a lot" });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await exit).toEqual([1, null]);
    expect(said).toMatch(/^MAX_BODY_BYTES must be .+\n$/);
  });
});

/** Looks into /proc. */
const onLinux = process.platform === "linux" ? it : it.skip;

describe("the program as several processes", () => {
  onLinux("serves with all of them, replaces one that is killed, tells the figures of all, and stops in order", async () => {
    const program = await start({ INGEST_PROCESSES: "2" });
    const serving = () => childrenOf(program.child.pid);
    await eventually(serving, (pids) => pids.length === 2);
    const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(program)));
    expect(answers).toEqual(Array.from({ length: 10 }, () => 200));
    expect(await receivedBy(program)).toBe(10);

    // One after the other: which of them had counted what is not known.
    for (const [turn, killed] of serving().entries()) {
      process.kill(killed, "SIGKILL");
      await eventually(serving, (pids) => pids.length === 2 && !pids.includes(killed));
      await eventually(async () => [await deliver(program), await deliver(program)], (both) => both.every((status) => status === 200));
      // A sum that fell would pass for one that began anew, and be counted once more as a whole.
      expect(await receivedBy(program)).toBeGreaterThanOrEqual(12 + 2 * turn);
    }

    const pids = serving();
    program.child.kill("SIGTERM");
    expect(await program.exit).toEqual([0, null]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  onLinux("goes on where one of them is killed while it waits for the figures of another", async () => {
    const program = await start({ INGEST_PROCESSES: "2" });
    const serving = () => childrenOf(program.child.pid);
    const [asking = 0, stuck = 0] = await eventually(serving, (pids) => pids.length === 2);
    process.kill(stuck, "SIGSTOP");
    // At most one connection is handed to the one that is stuck: before it has taken that, it is given no other.
    for (let i = 0; i < 3; i += 1) void onOwnConnection(`${program.url}/metrics`);
    // Answered after it has asked for the figures, the last of them after it has given its own.
    for (let i = 0; i < 10; i += 1) expect(await onOwnConnection(`${program.url}/healthz`)).toBe(200);
    process.kill(asking, "SIGKILL");
    await eventually(serving, (pids) => !pids.includes(asking));
    process.kill(stuck, "SIGCONT");

    const figures = () => fetch(`${program.url}/metrics`).then((response) => response.text(), () => "");
    await eventually(figures, (text) => text.includes("mara_deliveries_received_total"));
    expect(await deliver(program)).toBe(200);
    program.child.kill("SIGTERM");
    expect(await program.exit).toEqual([0, null]);
  });

  onLinux("does not outlive the first of them", async () => {
    const program = await start({ INGEST_PROCESSES: "2" });
    const pids = await eventually(() => childrenOf(program.child.pid), (found) => found.length === 2);
    program.child.kill("SIGKILL");
    await program.exit;
    await eventually(() => pids.filter(isAlive), (left) => left.length === 0);
    expect(await statusOf(`${program.url}/healthz`)).toBe(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
