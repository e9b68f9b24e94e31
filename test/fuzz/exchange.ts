import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { FuzzCase } from "./case.ts";
import { isHead } from "./request.ts";

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** How a server took what it was sent. `closed`: it hung up without a word. `hung`: it did neither. */
export type Exchanged = { readonly kind: "answered"; readonly answer: Answer } | { readonly kind: "closed" } | { readonly kind: "hung" };

/** Longer than any limit of the server's. It is no measure of speed: what takes this long would never come. */
const PATIENCE_MS = 60_000;
/** What may wait for the rest of it is given so long before the sender hangs up. */
const UNSURE_MS = 300;

/** Sends the bytes on a connection of their own, and resolves when there is an answer or can be none any more. */
export async function exchange(url: string, { bytes, isWhole }: Pick<FuzzCase, "bytes" | "isWhole">): Promise<Exchanged> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answered = read(socket, isHead(bytes));
  socket.write(bytes);
  const stopped = new AbortController();
  const timer = (ms: number) => pause(ms, null, { signal: stopped.signal }).catch(() => null);
  try {
    if (!isWhole) {
      const early = await Promise.race([answered, timer(UNSURE_MS)]);
      if (early !== null) return early;
      socket.end();
    }
    return (await Promise.race([answered, timer(PATIENCE_MS)])) ?? { kind: "hung" };
  } finally {
    stopped.abort();
    socket.destroy();
  }
}

async function read(socket: Socket, isHead: boolean): Promise<Exchanged> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      const answer = parse(Buffer.concat(chunks), isHead, false);
      if (answer) resolve({ kind: "answered", answer });
    });
    socket.on("close", () => {
      const answer = parse(Buffer.concat(chunks), isHead, true);
      resolve(answer ? { kind: "answered", answer } : { kind: "closed" });
    });
  });
}

/** Null while it is not whole. An answer whose end is only told by the end of the connection is whole when that has ended. */
function parse(bytes: Buffer, isHead: boolean, hasEnded: boolean): Answer | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  const rest = bytes.subarray(end + 4);
  if (status === 100) return parse(rest, isHead, hasEnded);
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const made = (body: Buffer) => ({ status, headers, body: body.toString("utf8") });
  const length = headers.get("content-length");
  // Of a stream, which never ends, its beginning is enough. A HEAD that could not be read is answered with a body.
  if (isHead || status === 204 || status === 304 || headers.get("content-type")?.startsWith("text/event-stream")) return made(rest);
  if (length !== undefined) return rest.length >= Number(length) || hasEnded ? made(rest.subarray(0, Number(length))) : null;
  const chunked = headers.get("transfer-encoding") === "chunked";
  if (chunked && rest.subarray(-5).toString("latin1") === "0\r\n\r\n") return made(unchunked(rest));
  return hasEnded ? made(chunked ? unchunked(rest) : rest) : null;
}

function unchunked(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    if (lineEnd < 0 || !(size > 0)) break;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}
