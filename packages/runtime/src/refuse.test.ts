import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { allOf, rawClient, signal } from "../test/raw-client.ts";
import { listen, type Listening } from "./listen.ts";

let server: Listening;
const client = rawClient();

afterEach(async () => {
  client.close();
  await server.close();
});

const WHOLE = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nwhole";
const HALF = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf";
const CHUNKED = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
const PROXY = "CONNECT example.com:443 HTTP/1.1\r\nhost: a\r\n\r\n";

describe("what can't be read", () => {
  it.each([
    ["no HTTP", "garbage\r\n\r\n"],
    ["a request that never ends", HALF],
    ["what takes the server for a proxy", PROXY],
  ])("leaves the request before it its own answer, and gets none: %s", async (_what, bytes) => {
    const go = signal();
    let served = 0;
    await serve(async (_request, response) => {
      served++;
      await go.given;
      response.end("(yours)");
    });
    const socket = await client.open(server.port);
    const heard = allOf(socket);
    socket.write(WHOLE + bytes);
    await requestsRanOut();
    const witnesses = served - 1;
    go.give();
    expect(statusesOf(await heard)).toEqual(["200"]);
    expect(await heard).toMatch(/\(yours\)$/);
    expect(served - witnesses).toBe(1);
  });

  it("ends the connection in good order where an answer was owed", async () => {
    await serve(async (_request, response) => {
      await new Promise(setImmediate);
      response.end("(yours)");
    });
    expect(await client.exchange(server.port, `${WHOLE}garbage\r\n\r\n`)).toMatch(/^connection: close\r$/im);
  });

  it("gets its own answer where the request before it has had one", async () => {
    await serve((_request, response) => void response.end("(yours)"));
    const socket = await client.open(server.port);
    const heard = allOf(socket);
    socket.write(WHOLE);
    await once(socket, "data");
    socket.write("garbage\r\n\r\n");
    expect(statusesOf(await heard)).toEqual(["200", "400"]);
  });

  it.each([
    ["never comes", HALF, ""],
    ["can't be read", CHUNKED, "zz\r\n"],
  ])("adds nothing to an answer that was given before the rest of its request, which %s", async (_what, begin, rest) => {
    await serve((_request, response) => void response.writeHead(404).end("(yours)"));
    const socket = await client.open(server.port);
    const heard = allOf(socket);
    socket.write(begin);
    await once(socket, "data");
    socket.write(rest);
    expect(statusesOf(await heard)).toEqual(["404"]);
  });

  it("adds nothing to an answer that was begun", async () => {
    await serve((_request, response) => void response.writeHead(413).write("(yours"));
    expect(statusesOf(await client.exchange(server.port, HALF))).toEqual(["413"]);
  });

  it("does no harm where its sender resets the connection while an answer is owed", async () => {
    const arrived = signal();
    const closed = signal();
    await serve((request, response) => {
      if (request.method === "GET") response.end("here");
      else arrived.give();
      response.once("close", closed.give);
    });
    const socket = await client.open(server.port);
    socket.write(WHOLE + PROXY);
    await arrived.given;
    socket.resetAndDestroy();
    await closed.given;
    expect(await (await fetch(server.url)).text()).toBe("here");
  });
});

async function serve(app: RequestListener): Promise<void> {
  server = await listen(app, { host: "127.0.0.1", port: 0, limits: { headersMs: 100, requestMs: 200 } });
}

/** Resolves when the server has given up requests that began before now and never end. */
async function requestsRanOut(): Promise<void> {
  expect(statusesOf(await client.exchange(server.port, HALF))).toEqual(["408"]);
}

const statusesOf = (heard: string) => [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
