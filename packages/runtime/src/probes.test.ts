import { afterEach, describe, expect, it } from "@jest/globals";
import express from "express";
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

async function serve(options: ProbeOptions): Promise<void> {
  server = await listen(express().use(probes(options)), { host: "127.0.0.1", port: 0 });
}
