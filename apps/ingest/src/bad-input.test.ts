import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { gzipSync } from "node:zlib";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { connectors } from "@mara/connectors";
import { openIngest, sampleOf, type OpenIngest } from "../test/open-ingest.ts";

const MAX_BODY_BYTES = 100_000;

let ingest: OpenIngest;

beforeAll(async () => {
  ingest = await openIngest({ maxBodyBytes: MAX_BODY_BYTES });
});

afterAll(async () => {
  await ingest.close();
});

/** Signs bytes that are no text, as whoever has the secret could. */
function signed(body: string): Record<string, string> {
  return connectors.stripe.sign({ body }, ingest.secrets.stripe, Date.now());
}

async function expectAliveAndEmpty(): Promise<void> {
  expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
  expect(await ingest.jobs()).toEqual([]);
}

const event = (changes: object) => JSON.stringify({ id: "evt_1", object: "event", type: "charge.refunded", created: 1, ...changes });

describe("a body that is signed but no event", () => {
  it.each([
    ["empty", ""],
    ["white space", " \n"],
    ["not JSON", "hello"],
    ["cut short", event({}).slice(0, -5)],
    ["two documents", `${event({})}${event({})}`],
    ["null", "null"],
    ["a number", "1e999"],
    ["a string", '"evt_1"'],
    ["an array", `[${event({})}]`],
    ["without an id", event({ id: undefined })],
    ["without a type", event({ type: undefined })],
    ["with an id that is a number", event({ id: 7 })],
    ["with an id that is an object", event({ id: { toString: 1 } })],
    ["with an empty id", event({ id: "" })],
    ["with an endless id", event({ id: "x".repeat(10_000) })],
    ["with control characters in the id", event({ id: "evt\u0000\n" })],
    ["nested too deep", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
    ["an array nested too deep", event({ data: JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`) })],
  ])("is malformed: %s", async (_what, body) => {
    expect(await ingest.post("/api/webhooks/stripe/demo", body, signed(body))).toMatchObject({
      status: 400,
      body: { error: "malformed_payload" },
    });
    await expectAliveAndEmpty();
  });

  it("has no effect on anything else, when it names __proto__", async () => {
    const body = `{"__proto__":{"type":"charge.refunded","id":"evt_1","isAdmin":true},"constructor":{"prototype":{"id":"evt"}}}`;
    expect(await ingest.post("/api/webhooks/stripe/demo", body, signed(body))).toMatchObject({ status: 400 });
    expect(Object.keys(Object.prototype)).toEqual([]);
    await expectAliveAndEmpty();
  });
});

describe("bytes that nobody signed", () => {
  it.each([
    ["not UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), {}],
    ["compressed", new Uint8Array(gzipSync(event({}))), { "content-encoding": "gzip" }],
    ["said to be compressed", new TextEncoder().encode(event({})), { "content-encoding": "br, gzip" }],
    ["a form", new TextEncoder().encode("a=1"), { "content-type": "application/x-www-form-urlencoded" }],
    ["of an odd type", new TextEncoder().encode("{}"), { "content-type": "multipart/form-data; boundary=\"" }],
  ])("are refused: %s", async (_what, body, headers) => {
    const answer = await ingest.post("/api/webhooks/stripe/demo", body, { ...headers, "stripe-signature": "t=1,v1=ab" });
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature" } });
    await expectAliveAndEmpty();
  });

  it("are never unpacked: the signature is over what arrived", async () => {
    const sample = sampleOf("stripe", "charge.refunded");
    const answer = await ingest.post("/api/webhooks/stripe/demo", new Uint8Array(gzipSync(sample.body)), {
      ...connectors.stripe.sign(sample, ingest.secrets.stripe, Date.now()),
      "content-encoding": "gzip",
    });
    expect(answer).toMatchObject({ status: 401, body: { reason: "mismatch" } });
    await expectAliveAndEmpty();
  });
});

describe("odd signatures", () => {
  it.each([
    ["", "missing"],
    [",", "mismatch"],
    ["t=,v1=", "mismatch"],
    ["v1=00", "mismatch"],
    [`t=${"9".repeat(400)},v1=00`, "mismatch"],
    ["t=NaN,v1=zz", "mismatch"],
    [`t=1,${"v1=00,".repeat(2_000)}`, "mismatch"],
    ["t=1,v1=é", "mismatch"],
    ["=====", "mismatch"],
  ])("of Stripe are refused: %s", async (signature, reason) => {
    const answer = await ingest.post("/api/webhooks/stripe/demo", event({}), { "stripe-signature": signature });
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature", reason } });
    await expectAliveAndEmpty();
  });

  it.each([
    [{ "svix-id": "msg_1", "svix-timestamp": "NaN", "svix-signature": "v1,AAAA" }, "mismatch"],
    [{ "svix-id": "msg_1", "svix-timestamp": "1", "svix-signature": "v1," }, "mismatch"],
    [{ "svix-id": "msg_1", "webhook-timestamp": "1", "svix-signature": "v1,AAAA" }, "missing"],
    [{ "svix-id": "x".repeat(5_000), "svix-timestamp": "1e9", "svix-signature": "v1,".repeat(3_000) }, "mismatch"],
  ])("of Clerk are refused: %j", async (headers, reason) => {
    const answer = await ingest.post("/api/webhooks/clerk/demo", "{}", headers);
    expect(answer).toMatchObject({ status: 401, body: { error: "invalid_signature", reason } });
    await expectAliveAndEmpty();
  });

  it("are refused for another tenant's right one", async () => {
    const body = event({});
    expect(await ingest.post("/api/webhooks/stripe/nobody", body, signed(body))).toMatchObject({ status: 404 });
    expect(await ingest.post("/api/webhooks/polar/demo", body, signed(body))).toMatchObject({ status: 401 });
    await expectAliveAndEmpty();
  });
});

/** Speaks HTTP by hand. */
async function speak(): Promise<{ socket: Socket; heard(): string; ended: Promise<unknown> }> {
  const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
  });
  socket.on("error", () => undefined);
  const ended = once(socket, "close");
  await once(socket, "connect");
  return { socket, heard: () => heard, ended };
}

const POST = "POST /api/webhooks/stripe/demo HTTP/1.1\r\nhost: x\r\n";

describe("malformed HTTP", () => {
  it.each([
    ["no HTTP at all", "\u0016\u0003\u0001hello\r\n\r\n", "400"],
    ["no host", "POST /api/webhooks/stripe/demo HTTP/1.1\r\nconnection: close\r\n\r\n", "401"],
    ["an expectation that nobody knows", `${POST}expect: magic\r\nconnection: close\r\n\r\n`, "401"],
    ["two lengths", `${POST}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, "400"],
    ["a negative length", `${POST}content-length: -1\r\n\r\n`, "400"],
    ["length and chunks", `${POST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, "400"],
    ["chunks that are none", `${POST}transfer-encoding: chunked\r\n\r\nzz\r\n`, "400"],
    ["a header without a name", `${POST}: x\r\n\r\n`, "400"],
    ["an endless header", `${POST}x: ${"y".repeat(20_000)}\r\n\r\n`, "431"],
    ["an endless path", `POST /${"y".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, "431"],
    ["a thousand headers", `${POST}${Array.from({ length: 4_000 }, (_, i) => `x${i}: y\r\n`).join("")}\r\n`, "431"],
  ])("gets an answer in JSON: %s", async (_what, bytes, status) => {
    const { socket, heard, ended } = await speak();
    socket.write(bytes);
    await ended;
    expect(heard()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard()).toMatch(/\{"error":"\w+"(,"reason":"missing")?\}$/);
    await expectAliveAndEmpty();
  });

  it("is not what names the whole URL, as proxies may: it is a delivery like any other", async () => {
    const { socket, heard, ended } = await speak();
    socket.write("POST http://x/api/webhooks/stripe/demo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    await ended;
    expect(heard()).toMatch(/\{"error":"invalid_signature","reason":"missing"\}$/);
  });

  it("leaves the delivery before it its own answer, and gets none", async () => {
    const { socket, heard, ended } = await speak();
    socket.write(`${POST}content-length: 2\r\n\r\n{}garbage\r\n\r\n`);
    await ended;
    expect(heard().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401"]);
    expect(heard()).toMatch(/"reason":"missing"\}$/);
    await expectAliveAndEmpty();
  });

  it("takes repeated signature headers for one that matches nothing", async () => {
    const { socket, heard, ended } = await speak();
    const { "stripe-signature": signature } = signed("{}");
    socket.write(
      `${POST}connection: close\r\nstripe-signature: t=1,v1=00\r\nstripe-signature: ${signature}\r\ncontent-length: 2\r\n\r\n{}`,
    );
    await ended;
    expect(heard()).toMatch(/^HTTP\/1.1 401 /);
    await expectAliveAndEmpty();
  });
});

describe("senders that go away", () => {
  it.each([
    ["in the middle of a body", `${POST}content-length: 100\r\n\r\n{"id"`],
    ["in the middle of a chunk", `${POST}transfer-encoding: chunked\r\n\r\n50\r\n{"id"`],
    ["in the middle of the headers", `${POST}content-le`],
    ["before anything", ""],
  ])("leave no trace: %s", async (_when, bytes) => {
    const { socket, ended } = await speak();
    if (bytes !== "") await new Promise((resolve) => void socket.write(bytes, resolve));
    socket.resetAndDestroy();
    await ended;
    await expectAliveAndEmpty();
    expect(ingest.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe("a body that never ends", () => {
  it("is answered as soon as it is too large, and the answer gets through", async () => {
    const { socket, heard, ended } = await speak();
    socket.write(`${POST}transfer-encoding: chunked\r\n\r\n`);
    const chunk = `${(10_000).toString(16)}\r\n${"x".repeat(10_000)}\r\n`;
    const sending = setInterval(() => socket.write(chunk), 1);
    await ended;
    clearInterval(sending);
    expect(heard()).toMatch(/^HTTP\/1.1 413 /);
    expect(heard()).toContain('{"error":"payload_too_large"}');
    await expectAliveAndEmpty();
  });

  it("is answered before it is sent where its length says it all", async () => {
    const { socket, heard, ended } = await speak();
    socket.write(`${POST}content-length: 99999999999\r\n\r\n`);
    await ended;
    expect(heard()).toMatch(/^HTTP\/1.1 413 /);
    await expectAliveAndEmpty();
  });
});
