import type { Cluster, Redis } from "ioredis";
import { pauseBefore, pingWhileOpen } from "./connection.ts";

/**
 * Keeps a connection of its own to one node of a cluster, whichever it is: to another one when that connection ends, or when
 * its node is no part of the cluster any more. It is let go when the cluster's connection is closed.
 * @param cluster of purpose `subscriber`: user, password, TLS and patience are the same for the node, and so is `onError`.
 * @param use is given each connection before it is ready.
 */
export function onOneNode(cluster: Cluster, use: (node: Redis) => void): void {
  let current: Redis | null = null;
  let last: string | null = null;
  let attempts = 0;
  let timer: NodeJS.Timeout | null = null;

  function take(): void {
    timer = null;
    // Until the cluster has told who belongs to it, there are only those of the settings, which may have left it long ago.
    if (cluster.status !== "ready") return;
    const model = anyBut(last, cluster.nodes());
    if (model === undefined) return;
    // It must end when it is lost, and not come back by itself: the node may be gone for good.
    const node = model.duplicate({ lazyConnect: false, readOnly: false, retryStrategy: () => null });
    current = node;
    last = addressOf(node);
    node.on("error", (error) => cluster.emit("error", error));
    node.on("ready", () => (attempts = 0));
    node.once("end", () => {
      if (node !== current) return;
      current = null;
      timer = setTimeout(take, pauseBefore(++attempts));
    });
    pingWhileOpen(node);
    use(node);
  }

  function letGo(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    const node = current;
    current = null;
    node?.disconnect();
  }

  /** A node that left the cluster goes on answering, and hears nothing any more. */
  function look(): void {
    const nodes = cluster.nodes();
    // Where there are none, it was one that had left that told who belongs to the cluster.
    if (timer || nodes.length === 0) return;
    if (current && nodes.some((node) => addressOf(node) === last)) return;
    letGo();
    take();
  }

  cluster.on("ready", look);
  // Every few seconds, when it was told who belongs to the cluster.
  cluster.on("refresh", look);
  cluster.on("disconnecting", letGo);
  look();
}

function addressOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

/** One of them at random, so that not all processes hang on one node. Not the one at that address where there are others. */
function anyBut(address: string | null, nodes: readonly Redis[]): Redis | undefined {
  const others = nodes.filter((node) => addressOf(node) !== address);
  const among = others.length > 0 ? others : nodes;
  return among[Math.floor(Math.random() * among.length)];
}
