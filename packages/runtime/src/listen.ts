import { createServer, type RequestListener, type Server } from "node:http";
import { inTurn } from "./in-turn.ts";
import { refusals } from "./refuse.ts";

/** What one client may cost. Times in milliseconds. */
export interface ServerLimits {
  /** From the first byte of a request to the end of its headers. Default 10 s. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. Default 30 s. */
  readonly requestMs: number;
  /** How long an idle connection stays open. Longer than a load balancer's (60 s is usual), or it sends into closed ones. Default 65 s. */
  readonly keepAliveMs: number;
  /**
   * How long nothing may move on a connection, in either direction, while a request is in hand or its answer is unread. Longer
   * than anything takes to answer, and than a live stream is ever silent. Default 65 s.
   */
  readonly silentMs: number;
  /** All headers of a request together. Default 16 KiB. */
  readonly headerBytes: number;
  /** Open connections; further ones are closed at once. Default 10,000. */
  readonly connections: number;
  /** How long `close` waits for requests in hand before it cuts them off. Default 10 s. */
  readonly drainMs: number;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly limits?: Partial<ServerLimits>;
  /** From when on each answer tells its client to hang up. Requests are served on until `close`. */
  readonly draining?: AbortSignal;
}

export interface Listening {
  /** Where it can be reached from this machine, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets the requests in hand finish, and resolves when the last connection is gone. */
  close(): Promise<void>;
}

const LIMITS: ServerLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 65_000,
  silentMs: 65_000,
  headerBytes: 16_384,
  connections: 10_000,
  drainMs: 10_000,
};

/** How often connections that ran over their time are looked for. */
const CHECKING_MS = 1_000;

/**
 * Serves `app` over HTTP, of each connection one request at a time: each response that `app` gets closes. Rejects where the
 * address can't be had (`EADDRINUSE`, `EACCES`, …).
 */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const limits = { ...LIMITS, ...options.limits };
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: Math.min(CHECKING_MS, limits.headersMs),
    // Node's own refusal would be no JSON; nothing here needs the header.
    requireHostHeader: false,
  });
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silentMs);
  // In no documentation of Node's: without it, a sender that closes its end behind the last byte would never hear the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const { serve, lastOn } = inTurn((request, response) => {
    if (!server.listening || options.draining?.aborted) response.setHeader("connection", "close");
    app(request, response);
  });
  const { proxy, broken } = refusals(lastOn);
  server.on("request", serve);
  // As above: Node's own refusal of an expectation that it does not know has no body.
  server.on("checkExpectation", serve);
  // Without this Node hangs up on who takes this for a proxy, without a word.
  server.on("connect", (_request, socket) => proxy(socket));
  server.on("clientError", broken);
  server.on("connection", (socket) => {
    socket.once("end", () => {
      // A stream would go on for nobody: its reader has hung up, and there is no last word to wait for.
      const last = lastOn(socket);
      if (last?.headersSent && !last.writableEnded) socket.end();
    });
  });
  const port = await listening(server, options);
  return { url: localUrl(options.host, port), port, close: () => close(server, limits.drainMs) };
}

function listening(server: Server, { host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(address === null || typeof address === "string" ? port : address.port);
    });
  });
}

/** The address, from this machine, of a server that is bound to `host`. */
export function localUrl(host: string, port: number): string {
  const name = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function close(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Node ends the connections that are idle now; those that become idle once their request is answered are ours to end.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cutOff = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cutOff);
      resolve();
    });
  });
}
