import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { disfigured } from "../test/disfigure.ts";
import { AT, Signed } from "../test/signed.ts";
import { attempt, expectSound, historiesOf } from "../test/sound.ts";
import { UnreadableEvent, type Connector } from "./connector.ts";
import { connectors } from "./registry.ts";

const HOSTILE_HEADERS: readonly (readonly [string, string | string[] | undefined])[] = [
  ["absent", undefined],
  ["empty", ""],
  ["blank", " "],
  ["an empty list", []],
  ["a list of empty ones", ["", ""]],
  ["a list of strange ones", ["a", "b", "c"]],
  ["huge", "a,=".repeat(100_000)],
  ["all separators", ", = ; v1= v1, t= ".repeat(1000)],
  ["not ASCII", "v1,\u00ff\u0000\ud800"],
  ["a number beyond all dates", "9".repeat(400)],
  ["another's", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
];

/** What no stranger can do to any connector of the registry, and no provider by an event that nobody foresaw. */
describe.each<[string, Connector]>(Object.entries(connectors))("%s", (_, connector) => {
  const signed = new Signed(connector);
  const samples = Object.entries(connector.samples).map(
    ([name, make]) => [name, make({ at: AT, seed: "hostile1" })] as const,
  );

  it.each(samples)("%s stays sound whichever of its fields is missing or odd", (name, sample) => {
    const { kept } = signed.event(sample);
    const others = samples.filter(([other]) => other !== name).map(([, other]) => signed.event(other).event);
    const histories = historiesOf(connector, others);
    for (const body of disfigured(kept.body)) {
      const event = attempt(() => connector.read({ ...kept, body }));
      if (event) expectSound(connector, event, histories);
    }
  });

  describe("a stranger", () => {
    const delivery = signed.delivery({ id: "evt_1", body: "{}" });
    const names = Object.keys(delivery.headers).filter((name) => name !== "content-type");

    it.each(names.flatMap((name) => HOSTILE_HEADERS.map(([what, odd]) => [name, what, odd] as const)))(
      "is refused with a %s header that is %s",
      (name, _, odd) => {
        const strange = { ...delivery, headers: { ...delivery.headers, [name]: odd } };
        const verdict = connector.verify(strange, [signed.secret], AT);
        expect(verdict).toEqual({ ok: false, reason: expect.stringMatching(/^(missing|mismatch)$/) });
      },
    );

    it("is refused whatever the headers and the body", () => {
      const header = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(undefined));
      const headers = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), header);
      fc.assert(
        fc.property(headers, fc.uint8Array(), (given, bytes) => {
          expect(connector.verify({ headers: given, body: Buffer.from(bytes) }, [signed.secret], AT).ok).toBe(false);
        }),
        { seed: 1 },
      );
    });

    it("is refused, not thrown at, while a secret can't be one", () => {
      for (const odd of ["", "whsec_", "whsec_!!!", "polar_whs_", "\0", "whsec_\ud800"]) {
        expect(connector.verify(delivery, [{ id: "odd", value: odd }], AT)).toEqual({ ok: false, reason: "mismatch" });
      }
    });
  });

  describe("a signed body", () => {
    it.each([
      ["empty", ""],
      ["blank", " \n"],
      ["not JSON", "type=user.created&id=1"],
      ["cut off", samples[0]?.[1].body.slice(0, 100) ?? ""],
      ["null", "null"],
      ["a number", "7"],
      ["a text", '"user.created"'],
      ["a list", '[{"id":"evt_1","type":"user.created"}]'],
      ["without a type", '{"id":"evt_1","data":{}}'],
      ["of a type that is no text", '{"id":"evt_1","type":["user.created"],"data":{}}'],
      ["of an empty type", '{"id":"evt_1","type":"","data":{}}'],
      ["of a type with a NUL", '{"id":"evt_1","type":"user.\\u0000","data":{}}'],
      ["of an endless type", `{"id":"evt_1","type":"${"t".repeat(10_000)}","data":{}}`],
      ["nested without end", `{"id":"evt_1","type":"a.b","data":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
      ["nested without end, and cut off", '{"a":'.repeat(100_000)],
    ])("is no event when it is %s", (_, body) => {
      expect(signed.identify({ id: "evt_1", body })).toEqual({ ok: false });
    });

    it("is no event when its bytes are not UTF-8", () => {
      const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
      // Signed as the libraries would sign it, who take bytes for text; by the exact bytes it would be a mismatch.
      const headers = connector.sign({ id: "evt_1", body: body.toString() }, signed.secret.value, AT);
      const verdict = connector.verify({ headers, body }, [signed.secret], AT);
      if (verdict.ok) expect(connector.identify(verdict.delivery, AT)).toEqual({ ok: false });
      else expect(verdict.reason).toBe("mismatch");
    });

    it("is no event under an id that is no id", () => {
      for (const id of ["e".repeat(256), "evt_\u0000", " "]) {
        const body = JSON.stringify({ id, object: "event", type: "a.b", data: { object: {} } });
        expect(signed.identify({ id, body })).toEqual({ ok: false });
      }
    });

    it("that was kept and is no event any more is unreadable", () => {
      for (const body of ["", "null", "[]", "{}", '{"type":7}', '{"type":"']) {
        expect(() => connector.read({ id: "evt_1", body, receivedAt: AT })).toThrow(UnreadableEvent);
      }
    });

    it("of any JSON under a mapped type is sound or unreadable", () => {
      const types = fc.constantFrom(...samples.map(([, sample]) => sample.type));
      fc.assert(
        fc.property(types, fc.jsonValue(), fc.jsonValue(), (type, object, rest) => {
          for (const data of [object, { object, previous_attributes: rest }, { id: "id_1", ...spread(object) }]) {
            const body = JSON.stringify({ id: "evt_1", object: "event", type, created: rest, timestamp: rest, data });
            const event = attempt(() => connector.read({ id: "evt_1", body, receivedAt: AT }));
            if (event) expectSound(connector, event);
          }
        }),
        { seed: 1, numRuns: 500 },
      );
    });
  });
});

function spread(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
