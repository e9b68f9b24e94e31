import { afterEach, describe, expect, it } from "@jest/globals";
import express from "express";
import { jsonErrors, notFound } from "./errors.ts";
import { listen, type Listening } from "./listen.ts";
import { createLogger } from "./logger.ts";

let server: Listening;
let logged: string;

afterEach(() => server.close());

describe("what goes wrong in a request", () => {
  it.each([
    ["a reader's refusal", () => fail(Object.assign(new Error("hush"), { status: 413 })), 413, { error: "payload_too_large" }],
    ["another refusal", () => fail(Object.assign(new Error("hush"), { status: 400 })), 400, { error: "invalid_request", issues: [] }],
    ["a mistake of ours", () => fail(new Error("hush")), 500, { error: "internal_error" }],
    ["something that is no Error", () => fail("hush"), 500, { error: "internal_error" }],
    ["a status that is none of a client's", () => fail(Object.assign(new Error("hush"), { status: 302 })), 500, { error: "internal_error" }],
  ])("%s is answered in JSON, without its own words", async (_what, route, status, body) => {
    await serve(route);
    const answer = await fetch(server.url);
    expect([answer.status, await answer.json()]).toEqual([status, body]);
  });

  it("is logged only where it is ours", async () => {
    await serve(() => fail(Object.assign(new Error("theirs"), { status: 400 })));
    await fetch(server.url);
    expect(logged).toBe("");
    await server.close();
    await serve(() => fail(new Error("ours")));
    await fetch(server.url);
    expect(logged).toContain("ours");
  });

  it("cuts the connection where half of the answer is out", async () => {
    await serve((response) => {
      response.write("half");
      fail(new Error("broke"));
    });
    await expect(fetch(server.url).then((answer) => answer.text())).rejects.toThrow();
  });

  it("answers a path that is none, and one that can't be decoded, in JSON", async () => {
    await serve(() => {});
    const none = await fetch(`${server.url}/none`);
    expect([none.status, await none.json()]).toEqual([404, { error: "not_found" }]);
    const odd = await fetch(`${server.url}/odd/%E0%A4%A`);
    expect([odd.status, await odd.json()]).toEqual([400, { error: "invalid_request", issues: [] }]);
  });
});

async function serve(route: (response: express.Response) => unknown): Promise<void> {
  logged = "";
  const log = createLogger("console", "info", { write: (line) => void (logged += line) });
  const app = express()
    .get("/", (_request, response) => void route(response))
    .get("/odd/:id", (_request, response) => void response.json({}))
    .use(notFound())
    .use(jsonErrors(log));
  server = await listen(app, { host: "127.0.0.1", port: 0 });
}

function fail(error: unknown): never {
  throw error;
}
