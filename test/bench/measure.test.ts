import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { Redis } from "ioredis";
import { once } from "node:events";
import { createServer } from "node:http";
import { freePort } from "../../launch/services/free-port.ts";
import { sendSteadily } from "../../bench/measure/latency.ts";
import { watched } from "../../bench/measure/queue.ts";
import { figure } from "../../bench/measure/rounds.ts";
import { slowerAlone } from "../../bench/measure/slower-alone.ts";
import { eventually } from "../support/eventually.ts";
import { freshRedis } from "../support/services.ts";

describe("the figure of some rounds", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 10], 3],
    [[5, 5, 1, 2, 4, 3, 9, 9], 4.5],
    [[7], 7],
  ])("of %j has the median %d", (rounds, median) => {
    expect(figure(rounds).median).toBe(median);
  });
});

describe("a steady load", () => {
  const unhandled = jest.fn();
  afterEach(() => void process.off("unhandledRejection", unhandled));

  it("that is not taken is told at its end, and does not end the process in its middle", async () => {
    process.on("unhandledRejection", unhandled);
    const port = await freePort();
    const server = createServer((_request, response) => void response.writeHead(503).end());
    await once(server.listen(port, "127.0.0.1"), "listening");
    try {
      const shots = Array.from({ length: 6 }, () => ({ path: "/", headers: {}, body: "{}" }));
      await expect(sendSteadily(port, shots, 20)).rejects.toThrow("ingest answered 503");
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("the slower part alone", () => {
  it.each<[string, readonly ("ingest" | "worker")[], readonly string[]]>([
    ["of neither", [], ["ingest", "worker"]],
    ["of ingest", ["ingest"], ["worker"]],
    ["of both", ["ingest", "worker"], []],
  ])("measures what is missing where the figure %s is known", async (_what, known, wanted) => {
    const rates = { ingest: 4_000, worker: 2_500 };
    const alone = new Map(known.map((part) => [part, rates[part]]));
    const measured: string[] = [];
    const slower = await slowerAlone(alone, async (part) => {
      measured.push(part);
      alone.set(part, rates[part]);
    });
    expect([slower, measured]).toEqual([2_500, wanted]);
  });
});

describe("the jobs that a bench waits for", () => {
  it("end it where nobody works them off, and not as long as somebody does or none is left", async () => {
    const server = await freshRedis();
    const redis = new Redis(server.url);
    try {
      await redis.rpush("jobs:wait", "one", "two");
      const look = watched(redis, "jobs", 100);
      expect(await look()).toBe(2);
      await expect(eventually(look, () => false)).rejects.toThrow("nobody works off the 2 jobs of jobs");
      await redis.lpop("jobs:wait");
      expect(await look()).toBe(1);
      await redis.del("jobs:wait");
      expect(await eventually(look, (left) => left === 0)).toBe(0);
      await expect(eventually(look, () => false, 300)).rejects.toThrow("last seen: 0");
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });
});
