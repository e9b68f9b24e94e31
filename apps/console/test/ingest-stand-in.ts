import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface IngestStandIn {
  readonly url: string;
  readonly received: Received[];
  /** What it answers. */
  answer: { status: number; body: string; headers?: Record<string, string> };
  close(): Promise<void>;
}

/** Stands where ingest would: keeps what it gets and answers as it is told. */
export async function startIngestStandIn(): Promise<IngestStandIn> {
  const received: Received[] = [];
  const standIn = { answer: { status: 200, body: '{"status":"queued"}' } as IngestStandIn["answer"] };
  const server = createServer(async (request, response) => {
    received.push({ method: request.method, path: request.url, headers: request.headers, body: await buffer(request) });
    const { status, body, headers } = standIn.answer;
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(standIn, {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  });
}
