import type { Random } from "../support/random.ts";
import { MARK } from "./case.ts";
import { oddHeaderValue, oddSegment } from "./odd-text.ts";
import type { RawRequest } from "./request.ts";

/** The request that came of it, and in a few words what was done to it. */
export interface OddRequest {
  readonly what: string;
  readonly request: RawRequest;
}

/** What is odd in the framing, the first line or the headers. Nobody's rights grow by any of it. */
export function oddHttp(random: Random, request: RawRequest): OddRequest {
  return random.pick([oddMethod, oddTarget, oddTarget, oddVersion, oddHeaders, oddHeaders, oddHeaders, oddLength, oddChunks, broken])(random, request);
}

function oddMethod(random: Random, request: RawRequest): OddRequest {
  const method = random.pick(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "M-SEARCH", "BREW", "post", "", "P\u0000ST", "X".repeat(5_000)]);
  return { what: `method ${method.slice(0, 10)}`, request: { ...request, method, isWhole: /^[A-Z-]+$/.test(method) && method.length < 99 } };
}

/** All of them are in forms that HTTP allows, but for the last ones. */
function oddTarget(random: Random, request: RawRequest): OddRequest {
  const { target } = request;
  const parts = target.split("/");
  const at = random.whole(1, Math.max(1, parts.length - 1));
  const replaced = (part: string) => parts.with(Math.min(at, parts.length - 1), part).join("/");
  const letter = random.whole(1, Math.max(1, target.length - 1));
  const encoded = `%${target.charCodeAt(letter).toString(16).padStart(2, "0")}`;
  const odd = random.pick<() => string>([
    () => replaced(oddSegment(random)),
    () => replaced(`${parts[at] ?? ""}${oddSegment(random)}`),
    () => target.slice(0, letter) + encoded + target.slice(letter + 1),
    () => target.replaceAll("/", "//"),
    () => replaced(`.${random.pick(["", "."])}/${parts[at] ?? ""}`),
    () => `${target}/${random.pick(["", "/", "..", "%2e%2e", "%00", "x"])}`,
    () => `${target}${random.pick(["?", "?a", "?&&=", "?__proto__[x]=1", "?a[]=1&a[b]=2", `?${MARK}=${"x".repeat(4_000)}`, "#part", ";a=b"])}`,
    () => target.toUpperCase(),
    () => `http://evil.example${target}`,
    () => `/${"a/".repeat(random.pick([100, 3_000]))}`,
    () => `${target}?${"a=1&".repeat(3_000)}`,
  ])();
  const isPlain = /^[\x21-\x7e]+$/.test(odd);
  return { what: `target ${odd.slice(0, 60)}`, request: { ...request, target: odd, isWhole: request.isWhole && isPlain } };
}

function oddVersion(random: Random, request: RawRequest): OddRequest {
  const version = random.pick(["HTTP/1.0", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "HTTP/11", "ICY/1.1", ""]);
  return { what: `version ${version}`, request: { ...request, version, isWhole: version === "HTTP/1.0" } };
}

function oddHeaders(random: Random, request: RawRequest): OddRequest {
  const { headers } = request;
  const name = random.pick([
    "content-type", "accept", "accept-encoding", "accept-language", "content-encoding", "cookie", "referer", "origin", "range", "if-none-match", "if-modified-since",
    "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-http-method-override", "x-original-url", "x-request-id", "traceparent",
    "user-agent", "sec-fetch-site", "te", "trailer", "via", "max-forwards", "host", "__proto__", "constructor",
  ]);
  const added = (what: string, ...lines: readonly string[]) => ({ what, request: { ...request, headers: [...lines, ...headers] } });
  return random.pick<() => OddRequest>([
    () => added(`odd ${name}`, `${name}: ${oddHeaderValue(random)}`),
    () => added(`odd ${name}`, `${name}: ${oddHeaderValue(random)}`),
    () => added(`two ${name}`, `${name}: a`, `${name}: ${oddHeaderValue(random)}`),
    () => added("an encoding", `content-encoding: ${random.pick(["gzip", "br", "deflate", "zstd", "gzip, gzip", "identity", MARK])}`),
    () => added("a charset", `content-type: application/json; charset=${random.pick(["utf-16", "latin1", "x", "\"", "utf-7"])}`),
    () => added("an expectation", `expect: ${random.pick(["100-continue", "magic", ""])}`),
    () => added("an upgrade", `upgrade: ${random.pick(["websocket", "h2c", "TLS/1.0"])}`, "connection: upgrade, http2-settings"),
    () => added("many headers", ...Array.from({ length: random.pick([100, 1_500]) }, (_, i) => `x${i}: y`)),
    () => added("long headers", `x-long: ${"y".repeat(random.pick([8_000, 15_000]))}`),
    () => ({ what: "no host", request: { ...request, headers: headers.filter((line) => !line.startsWith("host:")) } }),
    () => ({ what: "shuffled headers", request: { ...request, headers: random.shuffled(headers) } }),
    () => ({ what: "shouted headers", request: { ...request, headers: headers.map((line) => line.replace(/^[^:]+/, (name) => name.toUpperCase())) } }),
  ])();
}

/** Lengths that are not the body's. */
function oddLength(random: Random, request: RawRequest): OddRequest {
  const { length } = request.body;
  const value = random.pick([String(length + 1), String(length * 2 + 10), String(Math.max(0, length - 3)), "-1", "NaN", "0x10", "+5", "1e3", "5, 6", "", "99999999999999999999999", " 7 7"]);
  const others = request.headers.filter((line) => !line.startsWith("content-length:"));
  const isDouble = random.next() < 0.2;
  return {
    what: `content-length ${value} for ${length}`,
    request: { ...request, headers: [...(isDouble ? request.headers : others), `content-length: ${value}`], isWhole: false },
  };
}

function oddChunks(random: Random, request: RawRequest): OddRequest {
  const { body, headers } = request;
  const others = headers.filter((line) => !line.startsWith("content-length:"));
  const chunk = (extension: string) => (body.length === 0 ? "" : `${body.length.toString(16)}${extension}\r\n${body.toString("latin1")}\r\n`);
  const [what, coding, text, isWhole] = random.pick<readonly [string, string, string, boolean]>([
    ["in a chunk", "chunked", `${chunk("")}0\r\n\r\n`, true],
    ["in a chunk with an extension", "chunked", `${chunk(`;a="${MARK}"`)}0\r\n\r\n`, false],
    ["in single bytes", "chunked", `${Array.from(body.subarray(0, 500), (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join("")}0\r\n\r\n`, true],
    ["with a trailer", "chunked", `${chunk("")}0\r\nx-trailer: ${MARK}\r\n\r\n`, true],
    ["with no last chunk", "chunked", chunk(""), false],
    ["in a chunk of no number", "chunked", `zz\r\n${MARK}\r\n0\r\n\r\n`, false],
    ["in a chunk that is too large", "chunked", `ffffffffffffffffff\r\n${MARK}`, false],
    ["in a negative chunk", "chunked", `-1\r\n${MARK}\r\n0\r\n\r\n`, false],
    ["in an unknown coding", "gzip, chunked", `${chunk("")}0\r\n\r\n`, false],
    ["chunked and not last", "chunked, identity", `${chunk("")}0\r\n\r\n`, false],
    ["in what is nearly chunked", "xchunked", `${chunk("")}0\r\n\r\n`, false],
  ]);
  const isDouble = random.next() < 0.15;
  return {
    what: isDouble ? `${what}, and a length` : what,
    request: { ...request, headers: [...(isDouble ? headers : others), `transfer-encoding: ${coding}`], body: Buffer.from(text, "latin1"), isWhole: isWhole && !isDouble },
  };
}

/** What is no HTTP. */
function broken(random: Random, request: RawRequest): OddRequest {
  const { headers } = request;
  const made = (what: string, change: Partial<RawRequest>) => ({ what, request: { ...request, ...change, isWhole: false } });
  return random.pick<() => OddRequest>([
    () => made("a header without a colon", { headers: [MARK, ...headers] }),
    () => made("a header without a name", { headers: [`: ${MARK}`, ...headers] }),
    () => made("a folded header", { headers: ["x-folded: a", ` ${MARK}`, ...headers] }),
    () => made("a space before the colon", { headers: [`x-spaced : ${MARK}`, ...headers] }),
    () => made("a NUL in a header", { headers: [`x-nul: a\u0000${MARK}`, ...headers] }),
    () => made("a bare line feed", { headers: [`x: a\ny: ${MARK}`, ...headers] }),
    () => made("a bare carriage return", { headers: [`x: a\ry: ${MARK}`, ...headers] }),
    () => made("headers beyond the limit", { headers: [`x: ${"y".repeat(20_000)}`, ...headers] }),
    () => made("a target beyond the limit", { target: `/${"y".repeat(20_000)}` }),
    () => made("bytes in the target", { target: `${request.target}\u00ff\u0080 \u0001` }),
    () => made("a line before it", { method: `\r\n\r\n${request.method}` }),
    () => made("TLS", { method: "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" }),
    () => made("HTTP/2", { method: "PRI", target: "*", version: "HTTP/2.0" }),
    () => made("another request behind it", { body: Buffer.concat([request.body, Buffer.from(`GET /${MARK} HTTP/1.1\r\n\r\n`)]) }),
  ])();
}
