import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { setInterval as every } from "node:timers/promises";
import { allOf, rawClient, signal } from "../test/raw-client.ts";
import { listen, localUrl, type Listening, type ServerLimits } from "./listen.ts";

let server: Listening;
const client = rawClient();

afterEach(async () => {
  client.close();
  await server.close();
});

describe("a server", () => {
  it("says where it listens", async () => {
    await serve((_request, response) => void response.end("here"));
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await (await fetch(server.url)).text()).toBe("here");
  });

  it("rejects where the port is taken", async () => {
    await serve(() => {});
    await expect(listen(() => {}, { host: "127.0.0.1", port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it.each([
    ["headers beyond their limit", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
    ["what takes it for a proxy", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n", 405, "method_not_allowed"],
    ["what is not HTTP", "hello there\r\n\r\n", 400, "malformed_request"],
    ["a header that never ends", "GET / HTTP/1.1\r\nhost: a\r\n", 408, "request_timeout"],
    ["a body that never ends", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf", 408, "request_timeout"],
    ["a connection that sends nothing", "", 408, "request_timeout"],
  ])("answers %s in JSON and hangs up", async (_what, bytes, status, error) => {
    await serve((request) => void request.resume(), { headersMs: 100, requestMs: 200 });
    const answer = await client.exchange(server.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.endsWith(`{"error":"${error}"}`)).toBe(true);
  });

  it.each([
    ["who speaks no HTTP", "hello there\r\n\r\n"],
    ["who takes it for a proxy", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n"],
    ["whose header never ends", "GET / HTTP/1.1\r\nx: "],
    ["whose body never ends", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf"],
    ["who sends nothing", ""],
  ])("lets go of a sender who never hangs up: one %s", async (_who, bytes) => {
    await serve((request) => void request.resume(), { headersMs: 100, requestMs: 200, drainMs: 600_000 });
    const socket = await client.open(server.port, { allowHalfOpen: true });
    socket.write(bytes);
    await once(socket.resume(), "end");
    // It waits for every connection that there is.
    await server.close();
  });

  it("stands a sender who takes it for a proxy, and resets the connection", async () => {
    await serve((_request, response) => void response.end("here"));
    const socket = await client.open(server.port);
    await new Promise((resolve) => void socket.write("CONNECT example.com:443 HTTP/1.1\r\nhost: a\r\n\r\n", resolve));
    socket.resetAndDestroy();
    expect(await (await fetch(server.url)).text()).toBe("here");
  });

  it("closes connections beyond their number at once", async () => {
    await serve(() => {}, { connections: 1 });
    await client.open(server.port);
    const second = await client.open(server.port);
    await once(second.resume(), "close");
  });
});

describe("a sender that closes its end behind the last byte", () => {
  it("hears the answer, however long it takes, and then the connection ends", async () => {
    const ended = signal();
    await serve(async (request, response) => {
      request.socket.once("end", ended.give);
      await ended.given;
      response.end("late");
    });
    const socket = await client.open(server.port, { allowHalfOpen: true });
    socket.end("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(await allOf(socket)).toMatch(/late$/);
  });

  it("hears the answers to all that it sent ahead", async () => {
    await serve(async (request, response) => {
      await new Promise(setImmediate);
      response.end(`(${request.url})`);
    });
    const socket = await client.open(server.port, { allowHalfOpen: true });
    socket.end(["/a", "/b", "/c"].map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
    expect((await allOf(socket)).match(/\(.*?\)/g)).toEqual(["(/a)", "(/b)", "(/c)"]);
  });

  it("is let go where it was reading a stream", async () => {
    await serve((_request, response) => void response.write("on and on"));
    const socket = await client.open(server.port, { allowHalfOpen: true });
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(socket, "data");
    const heard = allOf(socket);
    socket.end();
    await heard;
  });
});

describe("a connection on which nothing moves", () => {
  it("is closed while its sender does not read the answer", async () => {
    const gone = signal();
    await serve((_request, response) => {
      response.once("close", gone.give).end(Buffer.alloc(20_000_000));
    }, { silentMs: 100 });
    const socket = await client.open(server.port);
    socket.pause().write(GET);
    await gone.given;
  });

  it("is closed while its sender waits for an answer that never comes", async () => {
    await serve(() => {}, { silentMs: 100 });
    expect(await client.exchange(server.port, GET)).toBe("");
  });

  it("stays for as long as its stream says something now and then", async () => {
    await serve(async (_request, response) => {
      let beats = 0;
      for await (const _ of every(25)) if (response.write(`${++beats} `) && beats === 20) break;
      response.end("the end");
    }, { silentMs: 200 });
    expect(await client.exchange(server.port, GET)).toContain("the end");
  });

  it("stays for as long as its sender says something now and then", async () => {
    await serve((request, response) => void request.resume().once("end", () => response.end("the end")), { silentMs: 200 });
    const socket = await client.open(server.port);
    const heard = allOf(socket);
    socket.write("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 20\r\n\r\n");
    let sent = 0;
    for await (const _ of every(25)) if (socket.write("x") && ++sent === 20) break;
    expect(await heard).toContain("the end");
  });
});

describe("the address of a server", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:80"],
    ["0.0.0.0", "http://127.0.0.1:80"],
    ["::", "http://[::1]:80"],
    ["::1", "http://[::1]:80"],
    ["localhost", "http://localhost:80"],
  ])("that is bound to %s is %s", (host, url) => {
    expect(localUrl(host, 80)).toBe(url);
  });
});

describe("a server that drains", () => {
  it("serves on, and tells each client to hang up", async () => {
    const draining = new AbortController();
    server = await listen((_request, response) => void response.end("here"), { host: "127.0.0.1", port: 0, draining: draining.signal });
    expect((await fetch(server.url)).headers.get("connection")).toBe("keep-alive");
    draining.abort();
    const answer = await fetch(server.url);
    expect([answer.headers.get("connection"), await answer.text()]).toEqual(["close", "here"]);
  });
});

describe("a server that closes", () => {
  it("lets the request in hand finish, tells its client to hang up, and takes no other", async () => {
    const arrived = signal();
    const go = signal();
    await serve(async (_request, response) => {
      arrived.give();
      await go.given;
      response.end("done");
    });
    const answer = fetch(server.url);
    await arrived.given;
    const closed = server.close();
    await expect(fetch(server.url)).rejects.toThrow();
    go.give();
    expect(await (await answer).text()).toBe("done");
    await closed;
  });

  it("cuts off what has not finished in time", async () => {
    const arrived = signal();
    await serve(() => arrived.give(), { drainMs: 50 });
    const answer = fetch(server.url);
    await arrived.given;
    await Promise.all([server.close(), expect(answer).rejects.toThrow()]);
  });

  it("ends connections that wait for a next request", async () => {
    await serve((_request, response) => void response.end("ok"));
    const socket = await client.open(server.port);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(socket, "data");
    await Promise.all([server.close(), once(socket.resume(), "close")]);
  });
});

const GET = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

async function serve(app: RequestListener, limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await listen(app, { host: "127.0.0.1", port: 0, limits });
}
