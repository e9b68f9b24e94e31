import { describe, expect, it } from "@jest/globals";
import { UnreadableEvent } from "../connector.ts";
import { identify, isUnique, read } from "./event.ts";
import { sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 1, 12);
const SECRET = "whsec_0123456789abcdefghijklmnopqrstuv";

function identified(body: string) {
  const headers = sign({ body }, SECRET, NOW);
  const verdict = verify({ headers, body: Buffer.from(body) }, [{ id: "secret", value: SECRET }], NOW);
  if (!verdict.ok) throw new Error(verdict.reason);
  return identify(verdict.delivery, NOW);
}

const bodyOf = (told: object) => JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid", created: 1_793_000_000, ...told });

describe("identify", () => {
  it("reads id, type and time, and keeps the body as it came", () => {
    const body = `${bodyOf({})}\n`;
    expect(identified(body)).toEqual({
      ok: true,
      event: { id: "evt_1", type: "invoice.paid", occurredAt: 1_793_000_000_000, payload: JSON.parse(body) },
      kept: { id: "evt_1", body, receivedAt: NOW },
      dedupe: true,
    });
  });

  it.each<[string, unknown, number]>([
    ["seconds", 1_793_000_000, 1_793_000_000_000],
    ["ISO 8601, as thin events have it", "2026-11-01T10:00:00.000Z", Date.UTC(2026, 10, 1, 10)],
    ["nothing", undefined, NOW],
    ["nonsense", "soon", NOW],
    ["no time that can be", 1e300, NOW],
    ["milliseconds", 1_793_000_000_000, NOW],
  ])("takes the time from %s", (_what, created, occurredAt) => {
    expect(identified(bodyOf({ created }))).toMatchObject({ event: { occurredAt } });
  });

  it.each([
    ["the reused id of the dashboard's test events", "evt_00000000000000", false],
    ["an id that begins like it", "evt_000000000000001", true],
    ["any other", "evt_1AbcDEF", true],
  ])("exempts from dedupe: %s", (_what, id, dedupe) => {
    expect(identified(bodyOf({ id }))).toMatchObject({ ok: true, dedupe });
    expect(isUnique(id)).toBe(dedupe);
  });

  it.each([
    ["no JSON", "hello"],
    ["cut JSON", bodyOf({}).slice(0, -1)],
    ["a list", "[]"],
    ["a number", "7"],
    ["null", "null"],
    ["no id", '{"type":"invoice.paid"}'],
    ["no type", '{"id":"evt_1"}'],
    ["an empty id", bodyOf({ id: "" })],
    ["a number for an id", bodyOf({ id: 7 })],
    ["a list for a type", bodyOf({ type: ["invoice.paid"] })],
    ["a control character in the id", bodyOf({ id: "evt\0" })],
    ["half a character in the type", bodyOf({ type: "\ud800" })],
    ["an id too long", bodyOf({ id: "e".repeat(256) })],
    ["nesting without end", `{"id":"evt_1","type":"x","data":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
  ])("refuses %s", (_what, body) => {
    expect(identified(body)).toEqual({ ok: false });
  });

  it("refuses what is not UTF-8", () => {
    // Stripe's library decodes before it checks, so such a body never gets this far: the connector must not rely on it.
    const verdict = verify({ headers: sign({ body: "{}" }, SECRET, NOW), body: Buffer.from("{}") }, [{ id: "s", value: SECRET }], NOW);
    if (!verdict.ok) throw new Error(verdict.reason);
    expect(identify({ ...verdict.delivery, body: Buffer.from([0x7b, 0xff, 0x7d]) }, NOW)).toEqual({ ok: false });
  });
});

describe("read", () => {
  it("reads what was kept", () => {
    const found = identified(bodyOf({ created: undefined }));
    if (!found.ok) throw new Error("not identified");
    expect(read(found.kept)).toEqual(found.event);
  });

  it("throws UnreadableEvent where that is no event", () => {
    expect(() => read({ id: "evt_1", body: "{}", receivedAt: NOW })).toThrow(UnreadableEvent);
  });
});
