import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { connectRedis, publishSettingsChange, subscribeSettingsChanges, type RedisConnection } from "@mara/queue";
import { eventually } from "../../../test/support/eventually.ts";
import { startRedisCluster, type RedisCluster } from "../../../test/support/redis-cluster.ts";
import { freshRedis } from "../../../test/support/services.ts";
import { SETTINGS_CHANNEL } from "./keys.ts";

let subscriber: RedisConnection;
let heard: string[];
let resets: number;

/** Subscribes, and resolves when that stands. */
async function subscribe(urls: string): Promise<void> {
  heard = [];
  resets = 0;
  subscriber = connectRedis(urls, "subscriber", () => undefined);
  subscribeSettingsChanges(subscriber, (tenantId) => heard.push(tenantId), () => resets++);
  await eventually(() => resets, (n) => n === 1);
}

async function isSubscribed(node: Redis): Promise<boolean> {
  return Number((await node.pubsub("NUMSUB", SETTINGS_CHANNEL))[1]) > 0;
}

describe("a subscription on a cluster", () => {
  let cluster: RedisCluster;
  let nodes: Redis[];
  let producer: RedisConnection;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    nodes = cluster.nodes.map(({ port }) => new Redis({ port, host: "127.0.0.1" }));
    for (const node of nodes) node.on("error", () => undefined);
    await eventually(() => Promise.all(nodes.map(membersKnownTo)), (known) => known.every((count) => count === nodes.length));
    producer = connectRedis(cluster.url, "producer", () => undefined);
    await eventually(() => producer.status, (status) => status === "ready");
  });
  afterAll(async () => {
    producer.disconnect();
    for (const node of nodes) node.disconnect();
    await cluster.stop();
  });
  beforeEach(() => subscribe(cluster.url));
  afterEach(async () => {
    subscriber.disconnect();
    await eventually(holders, (found) => found.length === 0);
  });

  /** How many nodes it tells of: primaries with slots, and their replicas, of which it hears a little later. */
  async function membersKnownTo(node: Redis): Promise<number> {
    const ranges: unknown = await node.cluster("SLOTS");
    return Array.isArray(ranges) ? ranges.reduce((sum, [_from, _to, ...members]) => sum + members.length, 0) : 0;
  }

  async function holders(): Promise<Redis[]> {
    const found = await Promise.all(nodes.map(isSubscribed));
    return nodes.filter((_node, i) => found[i]);
  }

  /** The node that has the subscription, by the time it is one that `wanted` is true of: until then it is cut there. */
  async function holderThat(wanted: (node: Redis) => Promise<boolean>): Promise<Redis> {
    for (;;) {
      const [holder] = await eventually(holders, (found) => found.length === 1);
      if (holder === undefined) throw new Error("there is no subscription");
      if (await wanted(holder)) return holder;
      const before = resets;
      await holder.call("CLIENT", "KILL", "TYPE", "pubsub");
      await eventually(() => resets, (n) => n > before);
    }
  }

  it("that is cut puts whatever is cached in doubt once it stands again, each time", async () => {
    for (const times of [2, 3, 4]) {
      await Promise.all(nodes.map((node) => node.call("CLIENT", "KILL", "TYPE", "pubsub")));
      await eventually(() => resets, (n) => n === times);
      await publishSettingsChange(producer, `after ${times}`);
      await eventually(() => heard, (all) => all.includes(`after ${times}`));
    }
    expect(heard).toEqual(["after 2", "after 3", "after 4"]);
  });

  it("moves on when its node leaves the cluster, although that goes on answering", async () => {
    // A replica can leave just like that: it has no slots.
    const leaver = await holderThat(async (node) => (await node.info("replication")).includes("role:slave"));
    const before = resets;
    const id = String(await leaver.cluster("MYID"));
    await Promise.all(nodes.filter((node) => node !== leaver).map((node) => node.cluster("FORGET", id)));
    await leaver.cluster("RESET", "HARD");
    await eventually(() => resets, (n) => n > before);
    await publishSettingsChange(producer, "moved");
    await eventually(() => heard, (all) => all.includes("moved"));
    expect(await isSubscribed(leaver)).toBe(false);
  });

  it("moves on when its node is killed", async () => {
    const holder = await holderThat(async () => true);
    const before = resets;
    const node = cluster.nodes.find(({ port }) => port === holder.options.port);
    await node?.kill();
    await eventually(() => resets, (n) => n > before);
    await node?.start();
  });
});

describe("a subscription on a cluster that asks for user and password", () => {
  it("gives those of the first URL", async () => {
    const redis = await freshRedis({ "cluster-enabled": "yes", "cluster-announce-ip": "127.0.0.1" });
    const operator = new Redis(redis.url);
    await operator.cluster("ADDSLOTSRANGE", 0, 16_383);
    await operator.acl("SETUSER", "mara", "on", ">s3cret:/", "~*", "&*", "+@all");
    await operator.acl("SETUSER", "default", "resetpass");
    try {
      await subscribe(`redis://mara:s3cret%3A%2F@127.0.0.1:${redis.port},${redis.url}`);
      await operator.publish(SETTINGS_CHANNEL, "demo");
      await eventually(() => heard, (all) => all.includes("demo"));
    } finally {
      subscriber.disconnect();
      operator.disconnect();
      await redis.stop();
    }
  });
});
