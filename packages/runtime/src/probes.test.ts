import { afterEach, describe, expect, it } from "@jest/globals";
import express, { type Express } from "express";
import { eventually } from "../../../test/support/eventually.ts";
import { signal } from "../test/raw-client.ts";
import { listen, type Listening } from "./listen.ts";
import { createMetrics } from "./metrics.ts";
import { probes, type ProbeOptions } from "./probes.ts";

let server: Listening;

afterEach(() => server.close());

describe("the probes", () => {
  it("answer 200 while every dependency answers", async () => {
    await serve({ ready: { redis: async () => "PONG", postgres: async () => 1 } });
    const answer = await fetch(`${server.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ready" }]);
  });

  it("answer 503 while the process drains, whatever its dependencies say", async () => {
    const draining = new AbortController();
    await serve({ ready: { redis: async () => "PONG" }, draining: draining.signal });
    draining.abort();
    const [ready, alive] = [await fetch(`${server.url}/readyz`), await fetch(`${server.url}/healthz`)];
    expect([ready.status, await ready.json(), alive.status]).toEqual([503, { status: "stopping" }, 200]);
  });

  it.each([
    ["throws", async () => Promise.reject(new Error("away"))],
    ["never answers", () => new Promise(() => {})],
  ])("name the dependency that %s with 503, while the process is still healthy", async (_how, redis) => {
    await serve({ ready: { redis, postgres: async () => 1 } });
    const answer = await fetch(`${server.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: "unavailable", failing: "redis" }]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it("ask a dependency once for all who want to know meanwhile, and anew for who comes later", async () => {
    let asked = 0;
    let arrived = 0;
    const { given, give } = signal();
    const router = probes({ ready: { redis: () => (asked++, given) } });
    await serve(express().use((_request, _response, next) => (arrived++, next()), router));
    const crowd = Array.from({ length: 20 }, readiness);
    await eventually(() => arrived, (number) => number === 20);
    give();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([200]));
    expect(asked).toBe(1);
    expect([await readiness(), asked]).toEqual([200, 2]);
  });

  it("show the figures of the registry in Prometheus' format", async () => {
    await serve({ ready: {}, registry: createMetrics() });
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await answer.text()).toContain("process_resident_memory_bytes");
  });

  it("have no /metrics without a registry", async () => {
    await serve({ ready: {} });
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  });
});

async function readiness(): Promise<number> {
  return (await fetch(`${server.url}/readyz`)).status;
}

async function serve(app: Express | ProbeOptions): Promise<void> {
  server = await listen("ready" in app ? express().use(probes(app)) : app, { host: "127.0.0.1", port: 0 });
}
