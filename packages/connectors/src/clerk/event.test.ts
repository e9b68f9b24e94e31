import { describe, expect, it } from "@jest/globals";
import { UnreadableEvent } from "../connector.ts";
import { identify, read } from "./event.ts";
import { samples } from "./samples.ts";
import { makeSecret } from "./secret.ts";
import { sign, verify } from "./signature.ts";

const NOW = Date.UTC(2026, 10, 2, 12);
const SECRET = makeSecret(Buffer.alloc(24, "one"));

function identified(body: string | Buffer, id = "msg_1") {
  const delivery = { headers: sign({ id, body: body.toString() }, SECRET, NOW), body: Buffer.from(body) };
  const verdict = verify(delivery, [{ id: "first", value: SECRET }], NOW);
  if (!verdict.ok) throw new Error(`the signature was refused: ${verdict.reason}`);
  return identify(verdict.delivery, NOW);
}

function eventOf(body: string) {
  const result = identified(body);
  if (!result.ok) throw new Error("the body was refused");
  return result;
}

describe("a Clerk event", () => {
  it("has the id that its header names, and the type and time that its body tells", () => {
    const { event, dedupe } = eventOf('{"type":"user.created","timestamp":1761990000000,"data":{}}');
    expect(event).toMatchObject({ id: "msg_1", type: "user.created", occurredAt: 1_761_990_000_000 });
    expect(dedupe).toBe(true);
  });

  it.each([
    ["milliseconds", "1761990000000", 1_761_990_000_000],
    ["seconds", "1761990000", 1_761_990_000_000],
    ["a part of a millisecond", "1761990000000.5", 1_761_990_000_000],
    ["nothing, so that its receipt stands in", "null", NOW],
    ["text", '"1761990000"', NOW],
    ["a time before there was Clerk", "5", NOW],
    ["a time beyond all dates", "1e300", NOW],
    ["no number at all", "1e999", NOW],
  ])("may be dated in %s", (_, timestamp, occurredAt) => {
    expect(eventOf(`{"type":"user.created","timestamp":${timestamp},"data":{}}`).event.occurredAt).toBe(occurredAt);
  });

  it.each([
    ["empty", ""],
    ["not JSON", "type=user.created"],
    ["cut off", '{"type":"user.created"'],
    ["a list", '[{"type":"user.created"}]'],
    ["a text", '"user.created"'],
    ["null", "null"],
    ["without a type", '{"data":{}}'],
    ["of a type that is no text", '{"type":{"user":"created"}}'],
    ["of an empty type", '{"type":""}'],
    ["of an endless type", `{"type":"${"u".repeat(300)}"}`],
    ["nested without end", `{"type":"user.created","data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
  ])("is no event when its body is %s", (_, body) => {
    expect(identified(body)).toEqual({ ok: false });
  });

  it("is no event under an id that is no id", () => {
    expect(identified('{"type":"user.created"}', "m".repeat(256))).toEqual({ ok: false });
  });

  it("is read back from what was kept as it was first read", () => {
    const { event, kept } = eventOf(samples["user.created"]({ at: NOW, seed: "a1" }).body);
    expect(read(kept)).toEqual(event);
  });

  it("that was kept as something else is unreadable", () => {
    expect(() => read({ id: "msg_1", body: "[]", receivedAt: NOW })).toThrow(UnreadableEvent);
  });
});

describe("private and unsafe metadata", () => {
  const hidden = '{"note":"never-to-be-kept"}';
  it.each([
    ["on the user", `"data":{"id":"user_1","private_metadata":${hidden},"unsafe_metadata":${hidden}}`],
    ["deep in lists", `"data":{"id":"user_1","a":[[{"b":{"private_metadata":${hidden}}}]]}`],
    ["beside the data", `"unsafe_metadata":${hidden},"data":{"id":"user_1"}`],
    ["under an escaped name", `"data":{"id":"user_1","\\u0070rivate_metadata":${hidden}}`],
    ["named twice", `"data":{"private_metadata":${hidden},"private_metadata":${hidden},"id":"user_1"}`],
    ["under a name that comes again", `"data":{"private_metadata":${hidden}},"data":{"id":"user_1"}`],
  ])("%s are in neither the event nor what is kept", (_, members) => {
    const { event, kept } = eventOf(`{"type":"user.updated",${members}}`);
    for (const text of [JSON.stringify(event), kept.body]) {
      expect(text).not.toMatch(/private_metadata|unsafe_metadata|never-to-be-kept/);
    }
  });

  it("are taken out again of what was kept with them", () => {
    const body = `{"type":"user.updated","data":{"private_metadata":${hidden}}}`;
    const event = read({ id: "msg_1", body, receivedAt: NOW });
    expect(event.payload).toEqual({ type: "user.updated", data: {} });
  });

  it("leave the public metadata beside them", () => {
    const { event } = eventOf(samples["user.updated"]({ at: NOW, seed: "a1" }).body);
    expect(event.payload).toHaveProperty("data.public_metadata.role", "founder");
  });
});

it("of an event that becomes nothing, nothing but its envelope is read and kept", () => {
  const body = '{"type":"email.created","object":"event","unsafe_metadata":{},"data":{"otp_code":"424242"}}';
  const { event, kept } = eventOf(body);
  expect(event.payload).toEqual({ type: "email.created", object: "event" });
  expect(kept.body).toBe('{"type":"email.created","object":"event"}');
});
