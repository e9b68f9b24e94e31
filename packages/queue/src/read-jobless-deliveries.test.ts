import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectRedis, createIntake, readJoblessDeliveries, type Intake, type JoblessDelivery, type JoblessDeliveryReading, type RedisConnection } from "@mara/queue";
import { v7 as uuid } from "uuid";
import { z } from "zod";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { JOBLESS_DELIVERIES_KEY } from "./keys.ts";
import type { JoblessDeliveryReadingOptions } from "./read-jobless-deliveries.ts";

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

function joblessDelivery(changes: Partial<JoblessDelivery> = {}): Omit<JoblessDelivery, "count"> {
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

function read(reading: Partial<JoblessDeliveryReading>, options?: JoblessDeliveryReadingOptions): void {
  readers.push(readJoblessDeliveries(connection, { keep: async () => [], onError: () => undefined, ...reading }, options));
}

describe("jobless deliveries", () => {
  it("reach the reader as they were, and leave nothing behind", async () => {
    const one = joblessDelivery({ providerEventId: "msg_1", providerEventType: "order.paid", outcome: "duplicate", requestId: "r" });
    const two = joblessDelivery({ tenantId: "other", outcome: "ignored", reason: "nothing" });
    const kept: JoblessDelivery[] = [];
    read({ keep: async (deliveries) => (kept.push(...deliveries), []) });
    intake.note(one);
    intake.note(two);
    await eventually(() => kept.length, (n) => n === 2);
    expect(kept).toEqual([{ ...one, count: 1 }, { ...two, count: 1 }]);
    await eventually(() => producer.xlen(JOBLESS_DELIVERIES_KEY), (n) => n === 0);
  });

  it("come again when they could not be kept", async () => {
    const kept: JoblessDelivery[] = [];
    let tries = 0;
    read({
      keep: async (deliveries) => {
        tries++;
        if (tries === 1) throw new Error("Postgres is away");
        kept.push(...deliveries);
        return [];
      },
    });
    const one = joblessDelivery();
    intake.note(one);
    await eventually(() => kept.length, (n) => n > 0);
    expect(kept).toEqual([{ ...one, count: 1 }]);
  });

  it("come again behind the others where they have to wait, and leave nothing behind either", async () => {
    const [waits, other] = [joblessDelivery({ tenantId: "held" }), joblessDelivery()];
    const seen: string[][] = [];
    read({
      keep: async (deliveries) => {
        seen.push(deliveries.map(({ tenantId }) => tenantId));
        return seen.length < 3 ? deliveries.filter(({ tenantId }) => tenantId === "held") : [];
      },
    });
    intake.note(waits);
    intake.note(other);
    await eventually(() => producer.xlen(JOBLESS_DELIVERIES_KEY), (n) => n === 0 && seen.length >= 3);
    expect(seen).toEqual([["held", other.tenantId], ["held"], ["held"]]);
  });

  it("go to one reader each", async () => {
    const kept: string[] = [];
    const keep = async (deliveries: readonly JoblessDelivery[]) => (kept.push(...deliveries.map(({ deliveryId }) => deliveryId)), []);
    read({ keep });
    read({ keep });
    const all = Array.from({ length: 60 }, () => joblessDelivery());
    for (const one of all) {
      intake.note(one);
      await intake.flush();
    }
    await eventually(() => kept.length, (n) => n >= all.length);
    expect(kept.sort()).toEqual(all.map(({ deliveryId }) => deliveryId).sort());
  });

  it("are still read when the stream was lost", async () => {
    const kept: JoblessDelivery[] = [];
    read({ keep: async (deliveries) => (kept.push(...deliveries), []) });
    intake.note(joblessDelivery());
    await eventually(() => kept.length, (n) => n === 1);
    await producer.flushall();
    intake.note(joblessDelivery());
    await eventually(() => kept.length, (n) => n === 2);
  });

  it("pass over what is none", async () => {
    const kept: JoblessDelivery[] = [];
    await producer.xadd(JOBLESS_DELIVERIES_KEY, "*", "traces", "{");
    await producer.xadd(JOBLESS_DELIVERIES_KEY, "*", "odd", "[{}]");
    intake.note(joblessDelivery());
    await intake.flush();
    read({ keep: async (deliveries) => (kept.push(...deliveries), []) });
    await eventually(() => producer.xlen(JOBLESS_DELIVERIES_KEY), (n) => n === 0);
    expect(kept).toHaveLength(1);
  });

  it("of a flood are told together, so that the counts stay right", async () => {
    const kept: JoblessDelivery[] = [];
    for (let i = 0; i < 5_000; i++) intake.note(joblessDelivery({ reason: i % 5 ? "mismatch" : "stale" }));
    intake.note(joblessDelivery({ tenantId: "quiet" }));
    await intake.flush();
    read({ keep: async (deliveries) => (kept.push(...deliveries), []) });
    await eventually(() => kept.length, (n) => n >= 103);
    const sum = (of: (d: JoblessDelivery) => boolean) => kept.filter(of).reduce((n, { count }) => n + count, 0);
    expect(kept).toHaveLength(103);
    expect(sum((d) => d.reason === "mismatch" && d.tenantId === "demo")).toBe(4_000);
    expect(sum((d) => d.reason === "stale")).toBe(1_000);
    expect(sum((d) => d.tenantId === "quiet")).toBe(1);
  });

  it("are dropped and counted while Redis is away", async () => {
    const away = connectRedis("redis://127.0.0.1:1", "producer", () => undefined);
    const lost = createIntake(away, { shards: 1 });
    lost.note(joblessDelivery());
    lost.note(joblessDelivery());
    await lost.flush();
    expect(lost.figures()).toEqual({ inHand: 0, droppedJoblessDeliveries: 2 });
    await lost.close();
    away.disconnect();
  });
});

describe("readers of jobless deliveries", () => {
  const GROUP = "workers";

  /** Those that Redis knows, by name. */
  async function known(): Promise<unknown[]> {
    const found: unknown = await producer.xinfo("CONSUMERS", JOBLESS_DELIVERIES_KEY, GROUP).catch(() => []);
    return z.array(z.array(z.unknown())).parse(found).map(([, name]) => name);
  }

  /** As a process that dies, before it reads anything or with something in hand. */
  async function crash(name: string, inHand: Omit<JoblessDelivery, "count">[] = []): Promise<void> {
    await producer.xgroup("CREATE", JOBLESS_DELIVERIES_KEY, GROUP, "0", "MKSTREAM").catch(() => undefined);
    await producer.xgroup("CREATECONSUMER", JOBLESS_DELIVERIES_KEY, GROUP, name);
    for (const one of inHand) intake.note(one);
    await intake.flush();
    if (inHand.length > 0) await producer.xreadgroup("GROUP", GROUP, name, "STREAMS", JOBLESS_DELIVERIES_KEY, ">");
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
    intake.note(joblessDelivery());
    await eventually(() => tries, (n) => n > 0);
    await closeAll();
    expect(await known()).toHaveLength(1);
    expect((await producer.xpending(JOBLESS_DELIVERIES_KEY, GROUP))[0]).toBe(1);
  });

  it("are forgotten after long silence where they died, unless they owe something", async () => {
    await crash("owes", [joblessDelivery()]);
    await crash("died");
    read({}, { goneAfter: 0 });
    await eventually(known, (names) => !names.includes("died"));
    expect(await known()).toContain("owes");
    expect((await producer.xpending(JOBLESS_DELIVERIES_KEY, GROUP))[0]).toBe(1);
  });

  it("are not forgotten after a short silence", async () => {
    await crash("quiet");
    let kept = 0;
    read({ keep: async (deliveries) => ((kept += deliveries.length), []) });
    // It reads after it looked who died.
    intake.note(joblessDelivery());
    await eventually(() => kept, (n) => n === 1);
    expect(await known()).toContain("quiet");
  });
});
