import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { listen, localUrl, type Listening, type ServerLimits } from "./listen.ts";

let server: Listening;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
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
    const answer = await exchange(bytes);
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
    const socket = await opened({ allowHalfOpen: true });
    socket.write(bytes);
    await once(socket.resume(), "end");
    // It waits for every connection that there is.
    await server.close();
  });

  it("stands a sender who takes it for a proxy, and resets the connection", async () => {
    await serve((_request, response) => void response.end("here"));
    const socket = await opened();
    await new Promise((resolve) => void socket.write("CONNECT example.com:443 HTTP/1.1\r\nhost: a\r\n\r\n", resolve));
    socket.resetAndDestroy();
    expect(await (await fetch(server.url)).text()).toBe("here");
  });

  it("closes connections beyond their number at once", async () => {
    await serve(() => {}, { connections: 1 });
    await opened();
    const second = await opened();
    await once(second.resume(), "close");
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
    const socket = await opened();
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await once(socket, "data");
    await Promise.all([server.close(), once(socket.resume(), "close")]);
  });
});

async function serve(app: RequestListener, limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await listen(app, { host: "127.0.0.1", port: 0, limits });
}

async function opened(options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const socket = connect({ port: server.port, host: "127.0.0.1", ...options });
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

async function exchange(bytes: string): Promise<string> {
  const socket = await opened();
  let answer = "";
  socket.on("data", (chunk: Buffer) => void (answer += chunk.toString()));
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

function signal(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
