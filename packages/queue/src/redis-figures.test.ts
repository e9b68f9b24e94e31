import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { connectRedis } from "./connection.ts";
import { redisFigures, type RedisFigures } from "./redis-figures.ts";

const MIB = 1_048_576;

async function figuresWith(settings: Record<string, string>): Promise<RedisFigures> {
  const redis = await freshRedis(settings);
  const connection = connectRedis(redis.url, "reader", () => undefined);
  try {
    await eventually(() => connection.status, (status) => status === "ready");
    const [figures] = await redisFigures(connection);
    if (!figures) throw new Error("there are no figures");
    return figures;
  } finally {
    connection.disconnect();
    await redis.stop();
  }
}

describe("a Redis that keeps what it answers", () => {
  let figures: RedisFigures;
  beforeAll(async () => {
    figures = await figuresWith({ maxmemory: "50mb" });
  });

  it("is named by where it is", () => {
    expect(figures.node).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("says how full it is", () => {
    expect(figures.limitBytes).toBe(50 * MIB);
    expect(figures.usedBytes).toBeGreaterThan(0);
    expect(figures.usedBytes).toBeLessThan(figures.limitBytes);
  });

  it("is told from one that may forget", () => {
    expect(figures).toMatchObject({ appendOnly: true, evicts: false, replicas: 0 });
  });
});

describe("a Redis that may forget", () => {
  it.each([
    ["without an append-only file", { appendonly: "no" }, { appendOnly: false }],
    ["that writes it now and then", { appendfsync: "everysec" }, { appendOnly: false }],
    ["that evicts", { "maxmemory-policy": "allkeys-lru" }, { evicts: true }],
  ])("is known: one %s", async (_case, settings, expected) => {
    expect(await figuresWith(settings)).toMatchObject(expected);
  });

  it("without a limit of its own is measured against the machine's memory", async () => {
    expect((await figuresWith({})).limitBytes).toBeGreaterThan(100 * MIB);
  });
});

describe("a Redis that is away", () => {
  let connection: ReturnType<typeof connectRedis>;
  beforeAll(() => {
    connection = connectRedis("redis://127.0.0.1:9", "reader", () => undefined);
  });
  afterAll(() => connection.disconnect());

  it("has no figures", async () => {
    await expect(redisFigures(connection)).rejects.toThrow();
  });
});
