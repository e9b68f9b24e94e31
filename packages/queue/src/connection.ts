import { Cluster, Redis, type RedisOptions } from "ioredis";

/** One Redis, or a Redis Cluster. */
export type RedisConnection = Redis | Cluster;

/**
 * What a connection is for.
 * `producer` and `reader` fail fast: a command that Redis does not answer within a second rejects, none is ever kept
 * back or sent again. `worker` and `subscriber` wait for Redis for as long as it takes. All reconnect by themselves.
 */
export type Purpose = "producer" | "reader" | "worker" | "subscriber";

/** A Redis that says nothing for this long while it owes an answer is cut off, and what it owes is given up. */
const SILENCE_MS: Record<Purpose, number> = {
  producer: 800,
  reader: 800,
  // Longer than any blocking read, all of which wait for at most 10 s.
  worker: 15_000,
  subscriber: 15_000,
};

/** How often a subscription is asked. */
const PING_MS = 5_000;

/** @param urls a Redis URL, or the URLs of some nodes of a Redis Cluster, separated by commas. */
export function connectRedis(urls: string, purpose: Purpose, onError: (error: Error) => void): RedisConnection {
  const nodes = urls.split(",").map((url) => url.trim());
  const connection = nodes.length > 1 ? connectCluster(nodes, purpose) : connectOne(urls.trim(), purpose);
  connection.on("error", connection instanceof Cluster ? withCause(connection, onError) : onError);
  if (purpose === "subscriber" && connection instanceof Redis) pingWhileOpen(connection);
  return connection;
}

/** That no node can be reached says nothing of why: each has told that for itself, and ioredis hands on only that it is closed. */
function withCause(cluster: Cluster, onError: (error: Error) => void): (error: Error) => void {
  let cause: unknown;
  cluster.on("node error", (error) => (cause = error));
  return (error) => onError(error.name === "ClusterAllFailedError" ? Object.assign(error, { cause }) : error);
}

/** A command as it is sent: its name and its arguments. */
export type Command = readonly [name: string, ...args: (string | number)[]];

/**
 * Sends commands in one go and resolves to their answers, in their order. Rejects where one of them failed. On a cluster,
 * where keys may lie on different nodes, each travels alone.
 */
export async function runAll(connection: RedisConnection, commands: readonly Command[]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  if (commands.length === 1 || connection instanceof Cluster) {
    return Promise.all(commands.map(([name, ...args]) => connection.call(name, ...args)));
  }
  const answers = await connection.pipeline(commands.map((command) => [...command])).exec();
  return (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}

/** A second connection like the first: for reads that block. */
export function duplicate(connection: RedisConnection): RedisConnection {
  return connection instanceof Cluster ? connection.duplicate() : connection.duplicate();
}

function connectOne(url: string, purpose: Purpose): Redis {
  return new Redis(url, { ...ofEach(purpose), enableOfflineQueue: !failsFast(purpose), retryStrategy: pauseBefore });
}

/** Password and TLS are those of the first URL: the nodes of a cluster share them. */
function connectCluster(nodes: readonly string[], purpose: Purpose): Cluster {
  const urls = nodes.map((node) => new URL(node));
  const [first] = urls;
  return new Cluster(
    // A URL has an IPv6 address in brackets, a connection has not.
    urls.map((url) => ({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 6379) })),
    {
      // Each node is looked up when it is connected to: a certificate is good for the name, not for an address, and one name
      // that is unknown while its machine is away would keep everybody from the other nodes.
      dnsLookup: (name, done) => done(null, name),
      enableOfflineQueue: !failsFast(purpose),
      clusterRetryStrategy: pauseBefore,
      slotsRefreshTimeout: 2_000,
      slotsRefreshInterval: 5_000,
      redisOptions: {
        ...ofEach(purpose),
        ...(first?.username && { username: decodeURIComponent(first.username) }),
        ...(first?.password && { password: decodeURIComponent(first.password) }),
        ...(first?.protocol === "rediss:" && { tls: {} }),
      },
    },
  );
}

function ofEach(purpose: Purpose) {
  return {
    connectionName: `mara-${purpose}`,
    connectTimeout: 2_000,
    keepAlive: 5_000,
    socketTimeout: SILENCE_MS[purpose],
    // BullMQ asks for null of its workers: they wait for as long as it takes.
    maxRetriesPerRequest: failsFast(purpose) ? 0 : null,
    autoResendUnfulfilledCommands: !failsFast(purpose),
    // Who subscribes does so anew on each connection. Where Redis refused that to ioredis, nobody would catch it, and the process would end.
    autoResubscribe: false,
    // After a failover behind one address the old primary refuses writes; connecting anew finds the new one.
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 1 : false),
  } satisfies RedisOptions;
}

function failsFast(purpose: Purpose): boolean {
  return purpose === "producer" || purpose === "reader";
}

/** Milliseconds before the nth attempt to connect again: 50 at first, 2,000 at most, and never in step with other processes. */
export function pauseBefore(attempt: number): number {
  return Math.min(2_000, 25 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

/** Asks a silent subscription now and then, which would not notice by itself that its connection is dead. */
export function pingWhileOpen(connection: Redis): void {
  const timer = setInterval(() => {
    if (connection.status === "ready") connection.ping().catch(() => undefined);
  }, PING_MS);
  timer.unref();
  connection.once("end", () => clearInterval(timer));
}
