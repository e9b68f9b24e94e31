/** A request as text that need not be HTTP. Strings are bytes in Latin-1. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Without their line ends. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Whether this is one whole request of HTTP for sure, so that there must be an answer. */
  readonly isWhole: boolean;
}

/** A request that is as it should be. The connection ends with it. */
export function makeRequest(method: string, target: string, headers: readonly string[] = [], body: Buffer = Buffer.alloc(0)): RawRequest {
  const length = body.length > 0 || method === "POST" || method === "PUT" ? [`content-length: ${body.length}`] : [];
  return { method, target, version: "HTTP/1.1", headers: ["host: localhost", "connection: close", ...headers, ...length], body, isWhole: true };
}

export function bytesOf({ method, target, version, headers, body }: RawRequest): Buffer {
  const head = [`${method} ${target} ${version}`, ...headers, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** Whether a request asks for no body. Empty lines may stand before it. */
export function isHead(bytes: Buffer): boolean {
  return /^[\r\n]*HEAD /.test(bytes.subarray(0, 20).toString("latin1"));
}
