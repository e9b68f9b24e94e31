import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Says no where Node has no response to say it with. */
export interface Refusals {
  /** To who takes this for a proxy. */
  proxy(socket: Duplex): void;
  /** To what the parser gave up on. */
  broken(error: NodeJS.ErrnoException, socket: Duplex): void;
}

type Refusal = readonly [status: string, body: string];

const PROXY: Refusal = ["405 Method Not Allowed", '{"error":"method_not_allowed"}'];
const MALFORMED: Refusal = ["400 Bad Request", '{"error":"malformed_request"}'];
const BROKEN: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", '{"error":"headers_too_large"}'],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", '{"error":"request_timeout"}'],
};

/**
 * Refuses in JSON, and ends the connection. An answer that is owed by then comes first, and comes alone: whoever sent what came
 * before would take a second one for its own.
 * @param lastOn the response to what came last on a connection; null where that came whole and is answered
 */
export function refusals(lastOn: (socket: Duplex) => ServerResponse | null): Refusals {
  const refused = new WeakSet<Duplex>();

  function refuse(socket: Duplex, refusal: Refusal): void {
    // The parser gives up on each piece anew that comes after the broken one.
    if (refused.has(socket)) return;
    refused.add(socket);
    // Node watches such a connection no longer: one that is reset would end the process.
    socket.on("error", () => socket.destroy());
    const last = lastOn(socket);
    if (last === null) leave(socket, refusal);
    else if (last.req.complete) afterAnswer(socket, last, refusal);
    else insteadOfAnswer(socket, last, refusal);
  }

  return {
    proxy: (socket) => refuse(socket, PROXY),
    broken: (error, socket) => {
      if (error.code === "ECONNRESET" || (!socket.writable && !refused.has(socket))) socket.destroy();
      else refuse(socket, BROKEN[error.code ?? ""] ?? MALFORMED);
    },
  };
}

/** Refuses what came behind a whole request. */
function afterAnswer(socket: Duplex, last: ServerResponse, refusal: Refusal): void {
  if (last.closed) {
    leave(socket, refusal);
    return;
  }
  if (!last.headersSent) last.setHeader("connection", "close");
  last.once("close", () => leave(socket, null));
  // Of who takes this for a proxy, Node does not even notice that nothing moves any more.
  socket.once("timeout", () => socket.destroy());
}

/** Refuses a request in its midst. */
function insteadOfAnswer(socket: Duplex, last: ServerResponse, refusal: Refusal): void {
  // Others are to be answered before it: its turn, when it comes, is the end of the connection.
  if (last.socket === null && !last.closed) last.destroy();
  else leave(socket, last.headersSent ? null : refusal);
}

/** How long a sender that was refused has to read why, and to hang up. */
const LINGER_MS = 1_000;

/** Ends a connection, with a last word or without. A sender that never closes its end would keep it for ever. */
function leave(socket: Duplex, refusal: Refusal | null): void {
  if (socket.destroyed) return;
  const cutOff = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cutOff));
  // What still comes is thrown away: unread, it would reset the connection before the answer has been read.
  socket.resume();
  if (refusal === null) socket.end();
  else socket.end(written(refusal));
}

function written([status, body]: Refusal): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}
