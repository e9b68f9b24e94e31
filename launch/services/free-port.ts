import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the range that systems take for outgoing connections (32768 and up on Linux, 49152 and up elsewhere). In that range
 * a client that tries again and again to reach a server that is down ends up connected to itself, and holds the port. And
 * low enough that what a node of a Redis Cluster takes besides, its port and 10,000, is below that range and above this one.
 */
const FIRST = 10_000;
const LAST = 20_000;
const ATTEMPTS = 100;

/** By this process: who asked may not listen yet. */
const handedOut = new Set<number>();

/** A TCP port of 127.0.0.1 that nobody listens on now. The same process is never given one twice. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
    handedOut.delete(port);
  }
  throw new Error(`no free port was found from ${FIRST} to ${LAST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
