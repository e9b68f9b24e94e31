import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { enqueue } from "../../../test/pending.ts";
import { asset } from "../assets.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

describe("the dashboard of the queues", () => {
  it("has every queue, with its jobs", async () => {
    const { id } = await console.tenant();
    const [delivery] = await enqueue(console, id, [{ body: `{"name":"Ada Lovelace"}` }]);
    const { status, text, body } = await console.ask("GET", "/queues/api/queues?activeQueue=events-0&status=latest");
    const { queues } = z.object({ queues: z.array(z.looseObject({ name: z.string(), readOnlyMode: z.boolean() })) }).parse(body);
    expect(status).toBe(200);
    expect(queues.map((queue) => [queue.name, queue.readOnlyMode]).toSorted()).toEqual(
      console.backing.desk.queues.map((queue) => [queue.name, true]).toSorted(),
    );
    expect(text).toContain(delivery);
  });

  it("shows nobody's data", async () => {
    const { text } = await console.ask("GET", "/queues/api/queues?activeQueue=events-0&status=latest");
    expect(text).toContain("23 bytes");
    expect(text).not.toContain("Lovelace");
  });

  it("is a page with its own files, and asks no stranger for anything", async () => {
    const { status, text, headers } = await console.ask("GET", "/queues", { headers: { accept: "text/html" } });
    const script = /src="(static\/js\/main[^"]+)"/.exec(text)?.[1];
    expect([status, headers.get("x-powered-by")]).toEqual([200, null]);
    expect(text).not.toMatch(/(href|src)="(https?:)?\/\//);
    expect(text).toContain("<title>Mara queues</title>");
    expect(new Set([...text.matchAll(/"([^"]+favicon[^"]*)"/g)].map(([, path]) => path))).toEqual(new Set([asset("favicon.svg")]));
    expect((await console.ask("GET", `/queues/${script}`)).status).toBe(200);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|'unsafe-eval'/);
  });

  it.each([
    ["PUT", "/queues/api/queues/events-0/empty"],
    ["PUT", "/queues/api/queues/events-0/pause"],
    ["PUT", "/queues/api/queues/pause"],
    ["PUT", "/queues/api/queues/events-0/obliterate"],
    ["POST", "/queues/api/queues/events-0/add"],
    ["DELETE", "/queues/api/queues/events-0/1"],
  ])("changes nothing: %s %s", async (method, path) => {
    const { status } = await console.ask(method, path, { body: {} });
    expect(status).toBe(405);
  });

  it.each(["/queues", "/queues/api/queues", "/queues/static/favicon.ico"])("is there for operators alone: %s", async (path) => {
    const tenant = await console.tenant();
    const statuses = [];
    for (const token of [null, "wrong", tenant.token]) statuses.push((await console.ask("GET", path, { token })).status);
    expect(statuses).toEqual([401, 401, 404]);
  });

  it("sends a browser that is not signed in to sign in first", async () => {
    const { status, headers } = await console.ask("GET", "/queues", { token: null, headers: { accept: "text/html" } });
    expect([status, headers.get("location")]).toEqual([303, "/sign-in?back=%2Fqueues"]);
  });
});
