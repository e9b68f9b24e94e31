import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import { freePort } from "../../launch/services/free-port.ts";
import { sendSteadily } from "../../bench/measure/latency.ts";
import { figure } from "../../bench/measure/rounds.ts";
import { slowerAlone } from "../../bench/measure/slower-alone.ts";

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
