import { afterEach, describe, expect, it } from "@jest/globals";
import { createServer, request, type ClientRequest, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { eventually } from "../../../test/support/eventually.ts";
import { createBodyReader, type Body, type BodyLimits } from "./read-body.ts";

let server: Server;

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A server that reads bodies within `limits`, keeps what came of each and answers `until` then, and a way to begin one. */
async function reading(
  limits: BodyLimits,
  until: Promise<unknown> = Promise.resolve(),
): Promise<{ bodies: Body[]; begin(headers?: Record<string, string>): ClientRequest }> {
  const read = createBodyReader(limits);
  const bodies: Body[] = [];
  server = createServer((incoming, response) => {
    void read(incoming, response).then(async (body) => {
      bodies.push(body);
      await until;
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    bodies,
    begin: (headers = {}) =>
      request({ port: address.port, host: "127.0.0.1", method: "POST", headers }).on("error", () => undefined),
  };
}

describe("reading a body", () => {
  it("gives the bytes as they came, in however many pieces", async () => {
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 1_000 });
    const sending = begin();
    sending.write(Buffer.from([0xff, 0x00]));
    await once(sending, "socket");
    sending.end(Buffer.from([0xfe]));
    await eventually(() => bodies.length, (n) => n === 1);
    expect(bodies).toEqual([{ kind: "read", bytes: Buffer.from([0xff, 0x00, 0xfe]) }]);
  });

  it("gives no bytes for an empty one", async () => {
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 1_000 });
    begin().end();
    await eventually(() => bodies.length, (n) => n === 1);
    expect(bodies).toEqual([{ kind: "read", bytes: Buffer.alloc(0) }]);
  });

  it("stops at the limit, and before it where the length is told", async () => {
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 1_000 });
    begin({ "content-length": "101" }).flushHeaders();
    begin({ "transfer-encoding": "chunked" }).write("x".repeat(101));
    await eventually(() => bodies.length, (n) => n === 2);
    expect(bodies).toEqual([{ kind: "too_large" }, { kind: "too_large" }]);
  });

  it("says so when the sender goes away", async () => {
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 1_000 });
    const sending = begin({ "content-length": "50" });
    await new Promise((resolve) => void sending.write("x", resolve));
    sending.destroy();
    await eventually(() => bodies.length, (n) => n === 1);
    expect(bodies).toEqual([{ kind: "gone" }]);
  });

  it("holds no more of all senders together than it may, and takes the next once they are gone", async () => {
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 150 });
    const slow = begin({ "content-length": "100" });
    slow.write("x".repeat(90));
    const second = begin({ "content-length": "100" });
    second.write("x".repeat(90));
    await eventually(() => bodies.length, (n) => n === 1);
    expect(bodies).toEqual([{ kind: "too_much" }]);
    slow.destroy();
    await eventually(() => bodies.length, (n) => n === 2);
    begin().end("x".repeat(100));
    await eventually(() => bodies.length, (n) => n === 3);
    expect(bodies[2]).toMatchObject({ kind: "read" });
  });

  it("counts what was read until it is answered", async () => {
    let answer = (): void => undefined;
    const { bodies, begin } = await reading({ bytes: 100, bytesTogether: 150 }, new Promise<void>((resolve) => (answer = resolve)));
    const first = begin();
    first.end("x".repeat(100));
    await eventually(() => bodies.length, (n) => n === 1);
    const refused = begin();
    refused.end("x".repeat(100));
    await eventually(() => bodies.length, (n) => n === 2);
    expect(bodies[1]).toEqual({ kind: "too_much" });
    answer();
    await Promise.all([first, refused].map((sending) => once(sending, "response")));
    begin().end("x".repeat(100));
    await eventually(() => bodies.length, (n) => n === 3);
    expect(bodies[2]).toMatchObject({ kind: "read" });
  });
});
