import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { connectRedis, publishSettingsChange, subscribeSettingsChanges, type RedisConnection } from "@mara/queue";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let producer: RedisConnection;

beforeAll(async () => {
  redis = await freshRedis();
  producer = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => producer.status, (status) => status === "ready");
});

afterAll(async () => {
  producer.disconnect();
  await redis.stop();
});

describe("settings changes", () => {
  it("reach every process, and whatever is cached is in doubt after each time the connection was away", async () => {
    const heard: string[][] = [[], []];
    let resets = 0;
    const subscribers = heard.map((tenants) => {
      const subscriber = connectRedis(redis.url, "subscriber", () => undefined);
      subscribeSettingsChanges(subscriber, (tenantId) => tenants.push(tenantId), () => resets++);
      return subscriber;
    });
    await eventually(() => resets, (n) => n === 2);
    await publishSettingsChange(producer, "demo");
    await eventually(() => heard, (all) => all.every((tenants) => tenants.includes("demo")));

    await producer.call("client", "KILL", "TYPE", "pubsub");
    await eventually(() => resets, (n) => n === 4);
    await publishSettingsChange(producer, "other");
    await eventually(() => heard, (all) => all.every((tenants) => tenants.includes("other")));
    for (const subscriber of subscribers) subscriber.disconnect();
  });

  it("are heard of once Redis allows it, and until then it is said that it does not", async () => {
    await producer.call("ACL", "SETUSER", "mara", "on", ">s3cret", "~*", "+@all", "resetchannels");
    const heard: string[] = [];
    const errors: string[] = [];
    let resets = 0;
    const subscriber = connectRedis(`redis://mara:s3cret@127.0.0.1:${redis.port}`, "subscriber", ({ message }) => errors.push(message));
    subscribeSettingsChanges(subscriber, (tenantId) => heard.push(tenantId), () => resets++);
    try {
      await eventually(() => errors, (all) => all.some((message) => message.startsWith("NOPERM")));
      await producer.call("ACL", "SETUSER", "mara", "allchannels");
      await eventually(() => resets, (n) => n === 1);
      await publishSettingsChange(producer, "demo");
      await eventually(() => heard, (all) => all.includes("demo"));
    } finally {
      subscriber.disconnect();
    }
  });

  it("are heard of again after Redis took the channel away for a while, and nothing that nobody caught ends the process", async () => {
    await producer.call("ACL", "SETUSER", "passing", "on", ">s3cret", "~*", "+@all", "allchannels");
    const errors: string[] = [];
    let resets = 0;
    const subscriber = connectRedis(`redis://passing:s3cret@127.0.0.1:${redis.port}`, "subscriber", ({ message }) => errors.push(message));
    subscribeSettingsChanges(subscriber, () => undefined, () => resets++);
    try {
      await eventually(() => resets, (n) => n === 1);
      // Redis hangs up on who listens to what they may not listen to any more.
      await producer.call("ACL", "SETUSER", "passing", "resetchannels");
      await eventually(() => errors, (all) => all.some((message) => message.startsWith("NOPERM")));
      await producer.call("ACL", "SETUSER", "passing", "allchannels");
      await eventually(() => resets, (n) => n === 2);
    } finally {
      subscriber.disconnect();
    }
  });
});
