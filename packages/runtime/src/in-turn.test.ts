import { afterEach, describe, expect, it } from "@jest/globals";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventually } from "../../../test/support/eventually.ts";
import { rawClient, signal } from "../test/raw-client.ts";
import { listen, type Listening } from "./listen.ts";

let server: Listening;
const client = rawClient();

afterEach(async () => {
  client.close();
  await server.close();
});

describe("requests that are sent ahead on one connection", () => {
  it("are served one at a time, in their order, with their bodies", async () => {
    let inHand = 0;
    let most = 0;
    await serve(async (request, response) => {
      most = Math.max(most, ++inHand);
      const body = await textOf(request);
      await new Promise(setImmediate);
      inHand--;
      response.end(`(${request.url} ${body.length})`);
    });
    // The second is more than is read ahead.
    const heard = await client.exchange(server.port, post("/a", 1) + post("/b", 300_000) + get("/c") + get("/d", "connection: close\r\n"));
    expect(heard.match(/\(.*?\)/g)).toEqual(["(/a 1)", "(/b 300000)", "(/c 0)", "(/d 0)"]);
    expect(most).toBe(1);
  });

  it("are not served any more once the connection is gone, and each response that was begun closes", async () => {
    const begun: string[] = [];
    const arrived = signal();
    const closed = signal();
    await serve((request, response) => {
      begun.push(request.url ?? "");
      response.once("close", closed.give);
      arrived.give();
    });
    const socket = await client.open(server.port);
    socket.write(post("/a", 1) + post("/b", 10_000) + get("/c"));
    await arrived.given;
    socket.resetAndDestroy();
    await closed.given;
    await server.close();
    expect(begun).toEqual(["/a"]);
  });

  it("are not served behind an answer that ends the connection", async () => {
    const begun: string[] = [];
    await serve((request, response) => {
      begun.push(request.url ?? "");
      response.setHeader("connection", "close").end("once");
    });
    expect((await client.exchange(server.port, get("/a") + get("/b"))).match(/once/g)).toHaveLength(1);
    expect(begun).toEqual(["/a"]);
  });

  it("are all answered, where they are as many as anybody sends ahead", async () => {
    await serve((_request, response) => void response.end("(ok)"));
    const heard = await client.exchange(server.port, get("/a").repeat(90) + get("/b", "connection: close\r\n"));
    expect(heard.match(/\(ok\)/g)).toHaveLength(91);
  });

  it("end their connection where they are more than anybody sends ahead", async () => {
    let served = 0;
    await serve(() => void served++);
    expect(await client.exchange(server.port, get("/a").repeat(200))).toBe("");
    expect(served).toBe(1);
  });
});

describe("a connection that waits for a next request", () => {
  it.each<[string, RequestListener]>([
    ["once it had come", (request, response) => void request.resume().once("end", () => response.end("ok"))],
    ["before it had come whole", (_request, response) => void response.end("ok")],
  ])("keeps nothing in memory of the one before, which was answered %s", async (_when, app) => {
    const answered: WeakRef<ServerResponse>[] = [];
    await serve((request, response) => {
      answered.push(new WeakRef(response));
      app(request, response);
    });
    const sockets = await Promise.all(Array.from({ length: 10 }, () => client.open(server.port)));
    for (const socket of sockets) socket.resume().write(post("/a", 100_000));
    await eventually(() => answered.length, (count) => count === sockets.length);
    await eventually(() => {
      collectGarbage();
      return answered.filter((response) => response.deref() !== undefined).length;
      // Node may hold on to what it had in hand last, whatever we do.
    }, (kept) => kept <= 1);
  });
});

/** What only a flag gives to a program. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

async function serve(app: RequestListener): Promise<void> {
  server = await listen(app, { host: "127.0.0.1", port: 0 });
}

const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers}\r\n`;
const post = (path: string, length: number) => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n${"x".repeat(length)}`;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
