import type { RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The requests of each connection, one after the other. */
export interface Turns {
  /** Serves a request once those before it on its connection are answered. */
  readonly serve: RequestListener;
  /** The response to what came last on a connection; null where that came whole and is answered. */
  lastOn(socket: Duplex): ServerResponse | null;
}

interface Line {
  last: ServerResponse | null;
  waiting: number;
}

/** More than anybody sends ahead. Each costs some kilobytes, and the shortest come by the thousand in one piece. */
const MOST_WAITING = 100;

/**
 * Serves with `app`, of each connection one request at a time: HTTP allows several at once only where all of them are safe, and
 * deliveries are not. So `app` never sees a response before its turn on the connection, and each that it sees closes. Node
 * closes only the one whose turn it is when a connection dies: whatever the others hold until then they would hold for ever.
 */
export function inTurn(app: RequestListener): Turns {
  const lines = new WeakMap<Duplex, Line>();

  function lineOf(socket: Duplex): Line {
    const line = lines.get(socket) ?? { last: null, waiting: 0 };
    lines.set(socket, line);
    return line;
  }

  return {
    lastOn: (socket) => lines.get(socket)?.last ?? null,
    serve: (request, response) => {
      const { socket } = request;
      const line = lineOf(socket);
      const before = line.last;
      line.last = response;
      // A connection that waits for a next request would keep the body of this one in memory.
      const forget = () => {
        if (line.last !== response) return;
        if (request.complete) line.last = null;
        else request.once("close", forget);
      };
      response.once("close", forget);
      if (before === null || before.closed) {
        app(request, response);
        return;
      }
      if (line.waiting === MOST_WAITING) {
        socket.destroy();
        return;
      }
      line.waiting++;
      socket.pause();
      before.once("close", () => {
        line.waiting--;
        // The connection ended with the answer before, or without one: nobody could be answered any more.
        if (response.socket === null || socket.destroyed) return;
        if (line.waiting === 0) socket.resume();
        app(request, response);
      });
    },
  };
}
