import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS } from "@mara/connectors";
import { listOf, openConsole, type OpenConsole } from "../test/open-console.ts";
import { seedContact, seedDelivery, seedEvents } from "../test/seed.ts";

let console: OpenConsole;
let tenantId: string;

beforeAll(async () => {
  console = await openConsole();
  tenantId = (await console.tenant()).id;
  const { store } = console.backing;
  for (let i = 0; i < 2; i++) {
    await seedContact(store, tenantId);
    await seedDelivery(store, tenantId);
  }
  await seedEvents(store, tenantId, [{}, {}]);
});
afterAll(() => console.close());

const LISTS = ["contacts", "events", "deliveries"] as const;
const refusal = (path: string) => ({ error: "invalid_request", issues: [{ path, message: expect.stringMatching(/\S/) }] });

async function cursorOf(list: string): Promise<string> {
  return listOf(await console.ask("GET", `/api/tenants/${tenantId}/${list}?limit=1`)).nextCursor ?? "there is no cursor";
}

describe("a list", () => {
  it.each(LISTS)("of %s takes no cursor of another list", async (list) => {
    const foreign = ["../../tenants", ...LISTS].filter((other) => other !== list);
    await console.tenant();
    for (const other of foreign) {
      const cursor = other.startsWith("..")
        ? listOf(await console.ask("GET", "/api/tenants?limit=1")).nextCursor
        : await cursorOf(other);
      const { status, body } = await console.ask("GET", `/api/tenants/${tenantId}/${list}?cursor=${cursor}`);
      expect([other, status, body]).toEqual([other, 400, refusal("cursor")]);
    }
  });

  it.each(LISTS)("of %s takes its own cursor only as it was given", async (list) => {
    const cursor = await cursorOf(list);
    const path = `/api/tenants/${tenantId}/${list}`;
    const spoilt = [`${cursor}A`, cursor.slice(0, -2), `${cursor}=`, cursor.toLowerCase(), "null", "0", "%00", "%f0%9f%a6%84", "x".repeat(3_000)];
    const statuses = [];
    for (const one of [cursor, ...spoilt]) statuses.push((await console.ask("GET", `${path}?cursor=${one}`)).status);
    expect(statuses).toEqual([200, ...spoilt.map(() => 400)]);
  });

  it.each(LISTS)("of %s takes a limit from 1 to 200", async (list) => {
    const path = `/api/tenants/${tenantId}/${list}`;
    const wrong = ["0", "201", "-1", "1.5", "1e2", "0x10", "ten", "%31%00", "+1", "%201", "9".repeat(400), "NaN"];
    const statuses = [];
    for (const limit of ["1", "200", "", ...wrong]) statuses.push((await console.ask("GET", `${path}?limit=${limit}`)).status);
    expect(statuses).toEqual([200, 200, 200, ...wrong.map(() => 400)]);
  });

  it.each([
    ["contacts", "provider=nobody", "provider"],
    ["contacts", "provider=__proto__", "provider"],
    ["contacts", "email=a%00b", "email"],
    ["contacts", `email=${"a".repeat(400)}`, "email"],
    ["contacts", "email=a&email=b", "email"],
    ["contacts", "externalId=%0a", "externalId"],
    ["contacts", "externalId=%20", "externalId"],
    ["contacts", `externalId=${"x".repeat(300)}`, "externalId"],
    ["events", "type=anything", "type"],
    ["events", "type=purchase&type=purchase", "type"],
    ["events", "provider=app", "provider"],
    ["events", "contactId=7", "contactId"],
    ["events", "contactId=%00", "contactId"],
    ["deliveries", "outcome=lost", "outcome"],
    ["deliveries", "outcome[]=failed", "outcome[]"],
    ["deliveries", "provider=STRIPE", "provider"],
    ["deliveries", "page=2", "page"],
    ["deliveries", "constructor=1", "constructor"],
    ["deliveries", "__proto__=1", "__proto__"],
  ])("of %s refuses ?%.40s", async (list, query, path) => {
    const { status, body } = await console.ask("GET", `/api/tenants/${tenantId}/${list}?${query}`);
    expect([status, body]).toEqual([400, refusal(path)]);
  });

  it("tells what a choice can be, in plain words", async () => {
    const { body } = await console.ask("GET", `/api/tenants/${tenantId}/deliveries?provider=nobody`);
    expect(body).toEqual({ error: "invalid_request", issues: [{ path: "provider", message: `must be one of ${PROVIDERS.join(", ")}` }] });
  });

  it("reads odd encodings of a query as text that finds nobody", async () => {
    const statuses = [];
    for (const query of ["email=%ff%fe", "email=%", "email=%c0%80x", "externalId=%ed%a0%80", "email=%E2%80%AEmoc.elpmaxe"]) {
      const answer = await console.ask("GET", `/api/tenants/${tenantId}/contacts?${query}`);
      statuses.push([answer.status, answer.text]);
    }
    expect(statuses).toEqual(Array(5).fill([200, '{"items":[],"nextCursor":null}']));
  });
});

describe("a body", () => {
  const post = (raw: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    console.ask("POST", "/api/tenants", { raw, headers });

  it("is read whatever its content type says", async () => {
    for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"]) {
      const { status } = await post('{"name":"Any"}', { "content-type": type });
      expect([type, status]).toEqual([type, 201]);
    }
  });

  it.each([
    ["nothing that is JSON", "name=Acme"],
    ["JSON that was cut short", '{"name":"Ac'],
    ["a bare value", '"Acme"'],
    ["a number", "7"],
    ["null", "null"],
    ["bytes that are no text", Uint8Array.from([0xff, 0xfe, 0x00, 0x7b])],
    ["a NUL behind it", '{"name":"Acme"}\0'],
  ])("is refused where it is %s", async (_what, raw) => {
    const { status, body } = await post(raw, { "content-type": "application/json" });
    expect([status, body]).toEqual([400, refusal("")]);
  });

  it("is refused where it is nested beyond reason", async () => {
    const { status } = await post(`{"name":${"[".repeat(30_000)}${"]".repeat(30_000)}}`);
    expect(status).toBe(400);
  });

  it("is refused where it is too large", async () => {
    const { status, body } = await post(JSON.stringify({ name: "n".repeat(70_000) }));
    expect([status, body]).toEqual([413, { error: "payload_too_large" }]);
  });

  it("is refused where it is compressed", async () => {
    const { status, body } = await post(Uint8Array.from(gzipSync('{"name":"Acme"}')), { "content-encoding": "gzip" });
    expect([status, body]).toEqual([415, { error: "unsupported_encoding" }]);
  });

  it("is refused in a charset that JSON has not", async () => {
    const { status, body } = await post('{"name":"Acme"}', { "content-type": "application/json; charset=latin1" });
    expect([status, body]).toEqual([415, { error: "unsupported_encoding" }]);
  });

  it("names every mistake at once", async () => {
    const { body } = await console.ask("POST", "/api/tenants", { body: { name: 7, id: 8, plan: "pro" } });
    expect(body).toMatchObject({ issues: [{ path: "name" }, { path: "id" }, { path: "plan" }] });
  });

  it("names each key that is not known at its own path", async () => {
    const { body } = await console.ask("POST", "/api/tenants", { body: { name: "n", idd: "x", plan: "pro" } });
    const message = "is not known here";
    expect(body).toEqual({ error: "invalid_request", issues: [{ path: "idd", message }, { path: "plan", message }] });
  });
});
