import { Redis } from "ioredis";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../launch/services/free-port.ts";
import { startRedis, type RunningRedis } from "../../launch/services/redis.ts";
import { hasEnded } from "../../launch/services/running.ts";
import { eventually } from "./eventually.ts";

/** Three primaries, each with a replica, as durable as the one Redis of `npm start`. */
export interface RedisCluster {
  /** The URLs of all nodes, with commas between. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
  /** The node that has the slot of `key` now. */
  primaryOf(key: string): Promise<ClusterNode>;
  /** Has the replica of that node take its place, in order, as before an upgrade. Resolves when it has. */
  handOver(key: string): Promise<void>;
  /** Whether all nodes are up, every slot has its primary and every primary its replica. */
  isWhole(): Promise<boolean>;
  /** Ends all nodes and removes their data. */
  stop(): Promise<void>;
}

export interface ClusterNode {
  readonly port: number;
  /** Of its process as of now. */
  pid(): number | undefined;
  /** Resolves when it is gone. Its data stay. */
  kill(): Promise<void>;
  /** Starts it again on its data, as a supervisor would. */
  start(): Promise<void>;
  hasEnded(): boolean;
}

const PRIMARIES = 3;
const SLOTS = 16_384;

/** A replica that has not taken over after five seconds gives up without a word. Source: CLUSTER_MF_TIMEOUT in Redis' cluster.h */
const HAND_OVER_MS = 6_000;

const SETTINGS = {
  "cluster-enabled": "yes",
  // A node that says nothing for so long is given up by the others. In service it is 15 s.
  "cluster-node-timeout": "1500",
  // What has lost its primary waits; the rest goes on.
  "cluster-require-full-coverage": "no",
  "cluster-allow-replica-migration": "no",
  "repl-diskless-sync-delay": "0",
};

export async function startRedisCluster(): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), "mara-cluster-"));
  const nodes = await Promise.all(Array.from({ length: PRIMARIES * 2 }, (_, i) => startNode(join(dir, String(i)))));
  const primaryOf = async (key: string): Promise<ClusterNode> => {
    const alive = nodes.filter((node) => !node.hasEnded());
    const slot = Number(await ask(alive[0]?.port ?? 0, "CLUSTER", "KEYSLOT", key));
    const held = await Promise.all(alive.map(async (node) => ({ node, slots: await slotsOf(node.port) })));
    const found = held.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to));
    if (!found) throw new Error(`slot ${slot} has no primary`);
    return found.node;
  };
  const cluster: RedisCluster = {
    url: nodes.map(({ port }) => `redis://127.0.0.1:${port}`).join(","),
    nodes,
    primaryOf,
    handOver: async (key) => {
      const primary = await primaryOf(key);
      // The primary may have yet to hear that it has one.
      const replicaPort = await eventually(() => replicaPortOf(primary.port), (port) => !Number.isNaN(port));
      let askedAt = 0;
      const look = async () => {
        const now = await primaryOf(key).catch(() => primary);
        if (now === primary && Date.now() - askedAt > HAND_OVER_MS) {
          askedAt = Date.now();
          await ask(replicaPort, "CLUSTER", "FAILOVER");
        }
        return now;
      };
      await eventually(look, (now) => now !== primary);
    },
    isWhole: async () => nodes.every((node) => !node.hasEnded()) && (await Promise.all(nodes.map((node) => isSound(node).catch(() => false)))).every(Boolean),
    stop: async () => {
      for (const node of nodes) await node.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
  await meet(nodes);
  await eventually(cluster.isWhole, (isWhole) => isWhole);
  return cluster;
}

async function startNode(dataDir: string): Promise<ClusterNode> {
  const port = await freePort();
  let redis: RunningRedis = await startRedis({ dataDir, port, settings: SETTINGS });
  return {
    port,
    pid: () => redis.process.pid,
    hasEnded: () => hasEnded(redis.process),
    kill: async () => {
      if (hasEnded(redis.process)) return;
      redis.process.kill("SIGKILL");
      await once(redis.process, "exit");
    },
    start: async () => {
      redis = await startRedis({ dataDir, port, settings: SETTINGS });
    },
  };
}

/** The first three share the slots; each of the others becomes the replica of one of them. */
async function meet(nodes: readonly ClusterNode[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  const share = Math.ceil(SLOTS / PRIMARIES);
  for (const [i, { port }] of nodes.entries()) {
    await ask(port, "CLUSTER", "SET-CONFIG-EPOCH", i + 1);
    if (i < PRIMARIES) await ask(port, "CLUSTER", "ADDSLOTSRANGE", i * share, Math.min(SLOTS, (i + 1) * share) - 1);
  }
  for (const { port } of others) await ask(port, "CLUSTER", "MEET", "127.0.0.1", first.port);
  await eventually(() => Promise.all(nodes.map(({ port }) => knownTo(port))), (known) => known.every((count) => count === nodes.length));
  for (const [i, { port }] of nodes.slice(PRIMARIES).entries()) {
    const primary = nodes[i]?.port ?? 0;
    await ask(port, "CLUSTER", "REPLICATE", await ask(primary, "CLUSTER", "MYID"));
  }
}

/** The cluster is in order as it sees it, and where it is a primary it has its replica. */
async function isSound({ port }: ClusterNode): Promise<boolean> {
  const [state, replication] = await Promise.all([ask(port, "CLUSTER", "INFO"), ask(port, "INFO", "replication")]);
  const isLinked = replication.includes("role:master") ? replication.includes("state=online") : replication.includes("master_link_status:up");
  return state.includes("cluster_state:ok") && state.includes(`cluster_slots_ok:${SLOTS}`) && isLinked;
}

async function knownTo(port: number): Promise<number> {
  const lines = (await ask(port, "CLUSTER", "NODES")).trim().split("\n");
  return lines.filter((line) => !line.includes("handshake")).length;
}

/** The ranges of slots that a node serves as their primary. */
async function slotsOf(port: number): Promise<[from: number, to: number][]> {
  const [, ranges = ""] = /^\S+ \S+ myself,master - \d+ \d+ \d+ \S+ ?(.*)$/m.exec(await ask(port, "CLUSTER", "NODES")) ?? [];
  return [...ranges.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, from, to = from]) => [Number(from), Number(to)]);
}

/** Not a number where a primary knows of none. */
async function replicaPortOf(port: number): Promise<number> {
  const id = await ask(port, "CLUSTER", "MYID");
  return Number(new RegExp(`:(\\d+)@\\S+ slave ${id} `).exec(await ask(port, "CLUSTER", "NODES"))?.[1]);
}

/** Sends one node one command. */
async function ask(port: number, command: string, ...args: (string | number)[]): Promise<string> {
  const connection = new Redis({ port, host: "127.0.0.1", lazyConnect: true, maxRetriesPerRequest: 0, commandTimeout: 2_000, retryStrategy: () => null });
  connection.on("error", () => undefined);
  try {
    return String(await connection.call(command, ...args));
  } finally {
    connection.disconnect();
  }
}
