import { expect, it } from "@jest/globals";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { balanceOf } from "./balance.ts";
import { livesOf, shipmentsOf } from "./history.ts";
import { readOptions } from "./options.ts";
import { untilReady } from "./system.ts";
import { makeTrouble, planTroubles, sparedBy } from "./troubles.ts";
import { freePort } from "../../launch/services/free-port.ts";
import type { Delivery, Event } from "../support/contract.ts";
import { seededRandom } from "../support/random.ts";

/** What is in the shell of somebody who works on the product. None of it may reach the system that is started. */
const SHELL = {
  DATABASE_URL: "postgresql://nobody@127.0.0.1:9/developers", REDIS_URL: "redis://127.0.0.1:9", HOST: "192.0.2.1", SECRETS_KEY: "none", NODE_ENV: "production",
};

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["--conditions=mara-source", "--import", "tsx", join(import.meta.dirname, "main.ts"), ...args], {
    env: { ...process.env, ...SHELL, NODE_OPTIONS: "" },
  });

it(
  "a short run in which everything is killed at least once loses nothing and doubles nothing",
  async () => {
    const { stdout } = await run("--deliveries", "300", "--minutes", "0.2", "--kills", "5", "--seed", "7");
    expect(stdout).toMatch(/^acknowledged +300$/m);
    expect(stdout).toMatch(/^recorded +300$/m);
    expect(stdout).toMatch(/^doubled +0$/m);
    expect(stdout).toMatch(/^lost +0$/m);
    expect(stdout).toMatch(/^kills +([5-9]|\d\d) \(.+\), and \d+ pauses$/m);
    expect(stdout).toMatch(/^never killed +0$/m);
    expect(stdout).toMatch(/^end state +14 contacts, [1-9]\d+ events: as undisturbed$/m);
  },
  180_000,
);

it("what can't be understood is refused with how to use it", async () => {
  await expect(run("--deliveries", "many")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--deliveries N") });
});

it("a part that is just being started when its turn comes is killed once it is there", async () => {
  const worker = spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"]);
  const ended = once(worker, "exit");
  let looks = 0;
  const system = { pidOf: async () => (++looks < 3 ? null : (worker.pid ?? null)) };
  const { kills } = await makeTrouble(system, [{ at: 0, parts: ["worker"], pauseMs: null }], () => undefined);
  expect([...kills]).toEqual([["worker", 1]]);
  expect(await ended).toEqual([null, "SIGKILL"]);
});

it("an app that does not come back ends the run, and is named", async () => {
  const port = await freePort();
  const server = createServer((_request, response) => void response.writeHead(503).end());
  await once(server.listen(port, "127.0.0.1"), "listening");
  try {
    await expect(untilReady([`http://127.0.0.1:${port}`], 200)).rejects.toThrow(`http://127.0.0.1:${port} is not ready`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it("a part that was never killed is named", () => {
  expect(sparedBy({ kills: new Map([["ingest", 2], ["worker", 1], ["redis", 1], ["postgres", 1]] as const) })).toEqual(["console"]);
});

it("one seed makes one history and one row of troubles", () => {
  const made = (seed: number) => {
    const random = seededRandom(seed);
    const shipments = shipmentsOf(livesOf(500), random).map(({ at, happening }) => [at, happening.id]);
    return [shipments, planTroubles(random, { kills: 20, durationMs: 60_000 })];
  };
  expect(made(1)).toEqual(made(1));
  expect(made(1)).not.toEqual(made(2));
  expect(readOptions(["--seed", "3"])).toEqual({ deliveries: 5_000, durationMs: 240_000, kills: 40, seed: 3, cluster: false });
});

it("a history has as many unique deliveries as were asked for, some of them more than once and not in order", () => {
  const lives = livesOf(500);
  const shipped = shipmentsOf(lives, seededRandom(1)).map(({ happening }) => happening.id);
  expect(new Set(lives.flat().map(({ id }) => id)).size).toBe(500);
  expect(new Set(shipped).size).toBe(500);
  expect(shipped.length).toBeGreaterThan(500);
  const [first = []] = lives;
  const places = first.map(({ id }) => shipped.indexOf(id));
  expect(places).not.toEqual([...places].sort((a, b) => a - b));
});

const delivery = (providerEventId: string, outcome: Delivery["outcome"]): Delivery => ({
  id: "018f0000-0000-7000-8000-000000000000", provider: "polar", providerEventId, providerEventType: "order.paid", outcome,
  reason: null, receivedAt: "", processedAt: null, eventId: null, contactId: null,
});
const event = (providerEventId: string): Event => ({
  id: "018f0000-0000-7000-8000-000000000000", type: "purchase", provider: "polar", providerEventId, providerEventType: "order.paid",
  contactId: null, signup: false, repeatOf: null, occurredAt: "", recordedAt: "", data: {},
});

it.each([
  ["recorded once", { queued: 1, duplicate: 3 }, [delivery("a", "processed")], [event("a")], {}],
  ["taken and without an outcome", { queued: 1 }, [], [], { lost: ["a"] }],
  ["taken and still waiting", { duplicate: 1 }, [delivery("a", "queued")], [], { lost: ["a"] }],
  ["never taken", null, [], [], { refused: ["a"] }],
  ["said to be new twice", { queued: 2 }, [delivery("a", "processed")], [event("a")], { doubled: ["a"] }],
  ["with two outcomes", { queued: 1 }, [delivery("a", "processed"), delivery("a", "ignored")], [event("a")], { doubled: ["a"] }],
  ["recorded twice", { queued: 1 }, [delivery("a", "processed")], [event("a"), event("a")], { doubled: ["a"] }],
  ["given up", { queued: 1 }, [delivery("a", "failed")], [], { failed: ["a"] }],
] as const)("the balance finds an event that was %s", (_what, answers, deliveries, events, found) => {
  const sent = { answers: new Map(answers ? [["a", answers]] : []), attempts: 1, refused: 0, unexpected: new Map(), longestOutageMs: 0 };
  const { refused, lost, doubled, failed } = balanceOf([{ provider: "polar", id: "a", body: "" }], sent, deliveries, events);
  expect({ refused, lost, doubled, failed }).toEqual({ refused: [], lost: [], doubled: [], failed: [], ...found });
});
