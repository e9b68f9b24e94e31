import { listen } from "@mara/runtime";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
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
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    received.push({ method: request.method, path: request.url, headers: request.headers, body: await buffer(request) });
    const { status, body, headers } = standIn.answer;
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  };
  const server = await listen((request, response) => void receive(request, response), { host: "127.0.0.1", port: 0 });
  return Object.assign(standIn, { url: server.url, received, close: () => server.close() });
}
