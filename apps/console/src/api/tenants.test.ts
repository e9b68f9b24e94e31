import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { idsOf, openConsole, type OpenConsole } from "../../test/open-console.ts";
import { z } from "zod";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

describe("POST /api/tenants", () => {
  it("makes a tenant with the id that it is given", async () => {
    const { status, body } = await console.ask("POST", "/api/tenants", { body: { name: "Acme", id: "acme" } });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: "acme",
      name: "Acme",
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      token: expect.stringMatching(/^mara_/),
    });
  });

  it("makes an id where none is given", async () => {
    const { status, body } = await console.ask("POST", "/api/tenants", { body: { name: "Größe & Söhne" } });
    expect([status, body]).toEqual([201, expect.objectContaining({ id: expect.stringMatching(/^[a-z0-9][a-z0-9_-]+$/) })]);
  });

  it.each([
    ["Müller", /^muller-\w{6}$/],
    ["Crème Brûlée", /^creme-brulee-\w{6}$/],
    ["Mu\u0308ller", /^muller-\w{6}$/],
  ])("makes an id of %s without breaking its words at their accents", async (name, id) => {
    const { body } = await console.ask("POST", "/api/tenants", { body: { name } });
    expect(body).toMatchObject({ id: expect.stringMatching(id) });
  });

  it("refuses an id that is taken", async () => {
    await console.ask("POST", "/api/tenants", { body: { name: "First", id: "taken" } });
    const { status, body } = await console.ask("POST", "/api/tenants", { body: { name: "Second", id: "taken" } });
    expect([status, body]).toEqual([409, { error: "tenant_exists" }]);
  });

  it.each([
    ["no name", {}, "name"],
    ["an empty name", { name: "" }, "name"],
    ["a blank name", { name: "  " }, "name"],
    ["a name that is no text", { name: 7 }, "name"],
    ["a name that is null", { name: null }, "name"],
    ["a name with NUL", { name: "a\0b" }, "name"],
    ["a name with half a character", { name: "a\ud83d" }, "name"],
    ["a name of several lines", { name: "a\nb" }, "name"],
    ["a huge name", { name: "n".repeat(10_000) }, "name"],
    ["an id with capitals", { name: "n", id: "Acme" }, "id"],
    ["an empty id", { name: "n", id: "" }, "id"],
    ["an id that climbs", { name: "n", id: "../etc" }, "id"],
    ["an id of 64 characters", { name: "n", id: "a".repeat(64) }, "id"],
    ["an id with NUL", { name: "n", id: "a\0" }, "id"],
    ["an id that is null", { name: "n", id: null }, "id"],
    ["a key that is not known", { name: "n", plan: "pro" }, "plan"],
    ["a key that other programs trip over", JSON.parse('{"name":"n","__proto__":{"id":"x"}}'), "__proto__"],
    ["a list", [], ""],
  ])("refuses %s", async (_what, body, path) => {
    const answer = await console.ask("POST", "/api/tenants", { body });
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: "invalid_request", issues: [{ path, message: expect.stringMatching(/\S/) }] },
    ]);
  });

  it("names a wrong name and a wrong id at once", async () => {
    const { status, body } = await console.ask("POST", "/api/tenants", { body: { name: " ", id: "Acme" } });
    expect([status, body]).toMatchObject([400, { issues: [{ path: "name" }, { path: "id" }] }]);
  });
});

describe("GET /api/tenants", () => {
  it("shows each tenant once over all pages, and no token", async () => {
    await Promise.all(Array.from({ length: 7 }, () => console.tenant()));
    const ids = await idsOf(console, "/api/tenants", 3);
    expect(new Set(ids).size).toBe(ids.length);
    const { rows } = await console.backing.store.pool.query<{ id: string }>("SELECT id FROM tenants");
    expect(ids.toSorted()).toEqual(rows.map((row) => row.id).toSorted());
    expect((await console.ask("GET", "/api/tenants")).text).not.toMatch(/token/i);
  });

  it("finds by a part of the name or the id, and refuses what nobody can have in one", async () => {
    const { body } = await console.ask("POST", "/api/tenants", { body: { name: "Öl & Söhne", id: "sought-here" } });
    const { token: _, ...tenant } = z.looseObject({ token: z.string() }).parse(body);
    for (const q of ["öl & S", "ght-HERE"]) {
      const found = await console.ask("GET", `/api/tenants?q=${encodeURIComponent(q)}`);
      expect([q, found.body]).toEqual([q, { items: [tenant], nextCursor: null }]);
    }
    for (const q of ["%0a", "%00", "a&q=b", "x".repeat(201)]) expect((await console.ask("GET", `/api/tenants?q=a${q}b`)).status).toBe(400);
  });
});
