import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createIntake, readTraces, type Intake, type RedisConnection, type Trace, type TraceReading } from "@mara/queue";
import { v7 as uuid } from "uuid";
import { z } from "zod";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { TRACES_KEY } from "./keys.ts";
import type { TraceReadingOptions } from "./read-traces.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;
let connection: RedisConnection;
let intake: Intake;
let readers: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  connection = connectRedis(redis.url, "worker", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
});

beforeEach(async () => {
  await producer.flushall();
  intake = createIntake(producer, { shards: 1 });
});

afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  readers = [];
  await intake.close();
});

afterAll(async () => {
  producer.disconnect();
  connection.disconnect();
  await redis.stop();
});

function trace(changes: Partial<Trace> = {}): Omit<Trace, "count"> {
  return {
    tenantId: "demo",
    provider: "polar",
    deliveryId: uuid(),
    providerEventId: null,
    providerEventType: null,
    outcome: "rejected",
    reason: "mismatch",
    receivedAt: Date.now(),
    secretId: null,
    requestId: null,
    ...changes,
  };
}

function read(reading: Partial<TraceReading>, options?: TraceReadingOptions): void {
  readers.push(readTraces(connection, { keep: async () => undefined, onError: () => undefined, ...reading }, options));
}

describe("traces", () => {
  it("reach the reader as they were, and leave nothing behind", async () => {
    const one = trace({ providerEventId: "msg_1", providerEventType: "order.paid", outcome: "duplicate", requestId: "r" });
    const two = trace({ tenantId: "other", outcome: "ignored", reason: "nothing" });
    const kept: Trace[] = [];
    read({ keep: async (traces) => void kept.push(...traces) });
    intake.trace(one);
    intake.trace(two);
    await eventually(() => kept.length, (n) => n === 2);
    expect(kept).toEqual([{ ...one, count: 1 }, { ...two, count: 1 }]);
    await eventually(() => producer.xlen(TRACES_KEY), (n) => n === 0);
  });

  it("come again when they could not be kept", async () => {
    const kept: Trace[] = [];
    let tries = 0;
    read({
      keep: async (traces) => {
        tries++;
        if (tries === 1) throw new Error("Postgres is away");
        kept.push(...traces);
      },
    });
    const one = trace();
    intake.trace(one);
    await eventually(() => kept.length, (n) => n > 0);
    expect(kept).toEqual([{ ...one, count: 1 }]);
  });

  it("go to one reader each", async () => {
    const kept: string[] = [];
    const keep = async (traces: readonly Trace[]) => void kept.push(...traces.map(({ deliveryId }) => deliveryId));
    read({ keep });
    read({ keep });
    const all = Array.from({ length: 60 }, () => trace());
    for (const one of all) {
      intake.trace(one);
      await intake.flush();
    }
    await eventually(() => kept.length, (n) => n >= all.length);
    expect(kept.sort()).toEqual(all.map(({ deliveryId }) => deliveryId).sort());
  });

  it("are still read when the stream was lost", async () => {
    const kept: Trace[] = [];
    read({ keep: async (traces) => void kept.push(...traces) });
    intake.trace(trace());
    await eventually(() => kept.length, (n) => n === 1);
    await producer.flushall();
    intake.trace(trace());
    await eventually(() => kept.length, (n) => n === 2);
  });

  it("pass over what is no trace", async () => {
    const kept: Trace[] = [];
    await producer.xadd(TRACES_KEY, "*", "traces", "{");
    await producer.xadd(TRACES_KEY, "*", "odd", "[{}]");
    intake.trace(trace());
    await intake.flush();
    read({ keep: async (traces) => void kept.push(...traces) });
    await eventually(() => producer.xlen(TRACES_KEY), (n) => n === 0);
    expect(kept).toHaveLength(1);
  });

  it("of a flood are told together, so that the counts stay right", async () => {
    const kept: Trace[] = [];
    for (let i = 0; i < 5_000; i++) intake.trace(trace({ reason: i % 5 ? "mismatch" : "stale" }));
    intake.trace(trace({ tenantId: "quiet" }));
    await intake.flush();
    read({ keep: async (traces) => void kept.push(...traces) });
    await eventually(() => kept.length, (n) => n >= 103);
    const sum = (of: (t: Trace) => boolean) => kept.filter(of).reduce((n, { count }) => n + count, 0);
    expect(kept).toHaveLength(103);
    expect(sum((t) => t.reason === "mismatch" && t.tenantId === "demo")).toBe(4_000);
    expect(sum((t) => t.reason === "stale")).toBe(1_000);
    expect(sum((t) => t.tenantId === "quiet")).toBe(1);
  });

  it("are dropped and counted while Redis is away", async () => {
    const away = connectRedis("redis://127.0.0.1:1", "producer", () => undefined);
    const lost = createIntake(away, { shards: 1 });
    lost.trace(trace());
    lost.trace(trace());
    await lost.flush();
    expect(lost.figures()).toEqual({ inHand: 0, droppedTraces: 2 });
    await lost.close();
    away.disconnect();
  });
});

describe("readers of traces", () => {
  const GROUP = "workers";

  /** Those that Redis knows, by name. */
  async function known(): Promise<unknown[]> {
    const found: unknown = await producer.xinfo("CONSUMERS", TRACES_KEY, GROUP).catch(() => []);
    return z.array(z.array(z.unknown())).parse(found).map(([, name]) => name);
  }

  /** As a process that dies, before it reads anything or with something in hand. */
  async function crash(name: string, inHand: Omit<Trace, "count">[] = []): Promise<void> {
    await producer.xgroup("CREATE", TRACES_KEY, GROUP, "0", "MKSTREAM").catch(() => undefined);
    await producer.xgroup("CREATECONSUMER", TRACES_KEY, GROUP, name);
    for (const one of inHand) intake.trace(one);
    await intake.flush();
    if (inHand.length > 0) await producer.xreadgroup("GROUP", GROUP, name, "STREAMS", TRACES_KEY, ">");
  }

  async function closeAll(): Promise<void> {
    await Promise.all(readers.map((reader) => reader.close()));
    readers = [];
  }

  it("are forgotten when they close", async () => {
    read({});
    read({});
    await eventually(known, (names) => names.length === 2);
    await closeAll();
    expect(await known()).toEqual([]);
  });

  it("are remembered when they close with something they could not keep", async () => {
    let tries = 0;
    read({
      keep: async () => {
        tries++;
        throw new Error("Postgres is away");
      },
    });
    intake.trace(trace());
    await eventually(() => tries, (n) => n > 0);
    await closeAll();
    expect(await known()).toHaveLength(1);
    expect((await producer.xpending(TRACES_KEY, GROUP))[0]).toBe(1);
  });

  it("are forgotten after long silence where they died, unless they owe something", async () => {
    await crash("owes", [trace()]);
    await crash("died");
    read({}, { goneAfter: 0 });
    await eventually(known, (names) => !names.includes("died"));
    expect(await known()).toContain("owes");
    expect((await producer.xpending(TRACES_KEY, GROUP))[0]).toBe(1);
  });

  it("are not forgotten after a short silence", async () => {
    await crash("quiet");
    let kept = 0;
    read({ keep: async (traces) => void (kept += traces.length) });
    // It reads after it looked who died.
    intake.trace(trace());
    await eventually(() => kept, (n) => n === 1);
    expect(await known()).toContain("quiet");
  });
});
