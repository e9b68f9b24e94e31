import { setTimeout as pause } from "node:timers/promises";
import { startRedisCluster } from "../support/redis-cluster.ts";

/** A Redis Cluster that is kept up, as `npm start` keeps up its one Redis. */
export interface KeptCluster {
  /** What the apps are to be told of it. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * The process of a node, each in its turn; null unless all of them are well. What a replica has not got back yet, no second
   * trouble may take from its primary: a cluster of one replica each promises no more.
   */
  pid(): Promise<number | null>;
  /** Ends all nodes and removes their data. */
  stop(): Promise<void>;
}

/** Longer than the others take to put a replica in the place of a primary. */
const DOWN_MS = 4_000;
const LOOK_MS = 100;

export async function keepCluster(): Promise<KeptCluster> {
  const cluster = await startRedisCluster();
  const stopping = new AbortController();
  let turn = 0;

  const keepUp = async ({ hasEnded, start }: (typeof cluster.nodes)[number]) => {
    while (!stopping.signal.aborted) {
      await pause(LOOK_MS);
      if (!hasEnded()) continue;
      await pause(DOWN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await start();
    }
  };
  const kept = Promise.all(cluster.nodes.map(keepUp));

  return {
    settings: { REDIS_URL: cluster.url, REDIS_REPLICAS: "1", EVENT_SHARDS: "6" },
    pid: async () => ((await cluster.isWhole()) ? (cluster.nodes[turn++ % cluster.nodes.length]?.pid() ?? null) : null),
    stop: async () => {
      stopping.abort();
      await kept;
      await cluster.stop();
    },
  };
}
