import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openScene } from "../test/scene.ts";
import { InvalidInput } from "./invalid-input.ts";
import { createTenant, findTenant, listTenants, rotateToken, TENANT_ID, tenantOfToken } from "./tenants.ts";

let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

async function made(name: string, id?: string) {
  const created = await createTenant(scene.store, { name, id });
  if (created.kind !== "created") throw new Error("taken");
  return created;
}

describe("making a tenant", () => {
  it("gives it a stream, so that events can be recorded for it", async () => {
    const { tenant } = await made("With a stream");
    const { rows } = await scene.store.pool.query("SELECT last_seq FROM streams WHERE tenant_id = $1", [tenant.id]);
    expect(rows).toEqual([{ last_seq: "0" }]);
  });

  it.each(["Öl & Söhne GmbH", "日本", "  -- x --  ", "a".repeat(200)])("makes an id from the name %j", async (name) => {
    const { tenant } = await made(name);
    expect(tenant.id).toMatch(TENANT_ID);
    expect(await findTenant(scene.store, tenant.id)).toEqual(tenant);
  });

  it("makes one tenant where two ask for the same id at once", async () => {
    const all = await Promise.all([1, 2, 3].map(() => createTenant(scene.store, { name: "Twin", id: "twin" })));
    expect(all.map(({ kind }) => kind).sort()).toEqual(["created", "taken", "taken"]);
  });

  it.each([
    ["id", { name: "x", id: "Upper" }],
    ["id", { name: "x", id: "" }],
    ["id", { name: "x", id: "a".repeat(64) }],
    ["name", { name: "   " }],
    ["name", { name: "nul \0" }],
    ["name", { name: "half a character \ud83d" }],
    ["name", { name: "a".repeat(201) }],
  ])("refuses a wrong %s: %j", async (path, given) => {
    await expect(createTenant(scene.store, given)).rejects.toMatchObject({ name: InvalidInput.name, path });
  });

  it("refuses a wrong name and a wrong id together", async () => {
    const refused = createTenant(scene.store, { name: "   ", id: "Upper" });
    await expect(refused).rejects.toMatchObject({ name: InvalidInput.name, issues: [{ path: "name" }, { path: "id" }] });
  });
});

describe("a tenant's token", () => {
  it("leads to the tenant", async () => {
    const { tenant, token } = await made("Token");
    expect(token).toMatch(/^mara_/);
    expect(await tenantOfToken(scene.store, token)).toEqual(tenant);
  });

  it("is nowhere in the database", async () => {
    const { token } = await made("Hashed");
    const { rows } = await scene.store.pool.query("SELECT t::text FROM tenants t");
    expect(JSON.stringify(rows)).not.toContain(token.slice(5));
  });

  it("is worth nothing once there is a new one", async () => {
    const { tenant, token } = await made("Rotated");
    const next = await rotateToken(scene.store, tenant.id);
    expect(await tenantOfToken(scene.store, token)).toBeNull();
    expect(await tenantOfToken(scene.store, next ?? "")).toEqual(tenant);
  });

  it.each(["", "mara_", "mara_\0", `mara_${"a".repeat(43)}`, "x".repeat(100_000)])("is not one that nobody has: %.20j", async (token) => {
    expect(await tenantOfToken(scene.store, token)).toBeNull();
  });

  it("is not given to a tenant that does not exist", async () => {
    expect(await rotateToken(scene.store, "nobody")).toBeNull();
  });
});

describe("the list of tenants", () => {
  it("shows each once, page by page", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await listTenants(scene.store, { limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    const { rows } = await scene.store.pool.query<{ id: string }>("SELECT id FROM tenants ORDER BY id");
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  it.each([
    ["MÜLL", ["searched-1", "searched-2"]],
    ["müller & söhne", ["searched-1"]],
    ["EARCHED-2", ["searched-2"]],
    ["100%_", ["searched-3"]],
    ["a.b*(c)[d]\\{e}|^$+?", ["searched-3"]],
    ["searched_", []],
    ["straSSe", ["searched-2"]],
    ["ǅ", ["searched-2"]],
    [".*", []],
    ["nul \0", []],
    ["\ud83d", []],
  ])("finds by a part of the name or the id, in any case and to the letter: %j", async (q, ids) => {
    const names = ["Müller & Söhne", "MÜLLER Straße, strasse, ǅ", "100%_ a.b*(c)[d]\\{e}|^$+?"];
    for (const [index, name] of names.entries()) await createTenant(scene.store, { name, id: `searched-${index + 1}` });
    const { items } = await listTenants(scene.store, { q });
    expect(items.map(({ id }) => id)).toEqual(ids);
  });

  it("shows each that is found once, page by page", async () => {
    const ids = Array.from({ length: 7 }, (_, n) => `found-${n}`);
    for (const id of ids) {
      await made("Found", id);
      await made("Other", id.replace("found", "lost"));
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await listTenants(scene.store, { q: "FOUND", limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
  });
});
