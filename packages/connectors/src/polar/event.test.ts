import { describe, expect, it } from "@jest/globals";
import { identify, read } from "./event.ts";
import { makeSecret } from "./secret.ts";
import { sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 2, 12);
const SECRET = makeSecret(Buffer.alloc(24, "one"));

function identified(body: string, id = "evt-1") {
  const delivery = { headers: sign({ id, body }, SECRET, NOW), body: Buffer.from(body) };
  const verdict = verify(delivery, [{ id: "first", value: SECRET }], NOW);
  if (!verdict.ok) throw new Error(`the signature was refused: ${verdict.reason}`);
  return identify(verdict.delivery, NOW);
}

describe("a Polar event", () => {
  it("has the id that its header names, and the type and time that its body tells", () => {
    expect(identified('{"type":"order.paid","timestamp":"2026-11-01T10:00:00.123456Z","data":{}}')).toMatchObject({
      ok: true,
      event: { id: "evt-1", type: "order.paid", occurredAt: Date.UTC(2026, 10, 1, 10, 0, 0, 123) },
      dedupe: true,
    });
  });

  it("is kept exactly as it came", () => {
    const body = ' {"type":"order.paid",  "timestamp":"2026-11-01T10:00:00Z","data":{"id":"1"}}\n';
    const event = identified(body);
    if (!event.ok) throw new Error("the body was refused");
    expect(event.kept).toEqual({ id: "evt-1", body, receivedAt: NOW });
    expect(read(event.kept)).toEqual(event.event);
  });

  it.each([
    ["is absent", "{}"],
    ["is null", '{"timestamp":null}'],
    ["has no zone", '{"timestamp":"2026-11-01T10:00:00"}'],
    ["is a number", '{"timestamp":1761990000}'],
    ["is no time", '{"timestamp":"yesterday"}'],
    ["is before there was Polar", '{"timestamp":"1970-01-01T00:00:00Z"}'],
  ])("is dated by its receipt where its time %s", (_, told) => {
    const body = JSON.stringify({ type: "order.paid", ...JSON.parse(told) });
    expect(identified(body)).toMatchObject({ ok: true, event: { occurredAt: NOW } });
  });

  it("is none without data only where its type needs it", () => {
    expect(identified('{"type":"order.paid"}')).toMatchObject({ ok: true });
  });
});
