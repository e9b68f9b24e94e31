import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { disfigured, withOthers } from "../test/disfigure.ts";
import { Envelope } from "../test/envelope.ts";
import { noEvents } from "../test/no-events.ts";
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
  const [[, one] = fail("there is no sample")] = samples;

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
    const delivery = signed.delivery(one);
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
      const beginnings = ["", ...connector.secretPrefixes.signing];
      for (const odd of [...beginnings, "\0", ...beginnings.flatMap((begin) => [`${begin}!!!`, `${begin}\ud800`])]) {
        expect(connector.verify(delivery, [{ id: "odd", value: odd }], AT)).toEqual({ ok: false, reason: "mismatch" });
      }
    });

    it("is refused who signs with the empty secret, even where that is the one that is kept", () => {
      const headers = headersSignedWith("");
      if (headers) expect(connector.verify({ ...delivery, headers }, [{ id: "empty", value: "" }], AT)).toMatchObject({ ok: false });
    });

    /** Null where the connector knows that nobody can sign so. */
    function headersSignedWith(secret: string) {
      try {
        return connector.sign(one, secret, AT);
      } catch {
        return null;
      }
    }
  });

  describe("a signed body", () => {
    const envelope = new Envelope(one);
    const { kept } = signed.event(one);

    it("is an event of whatever type it names, with more in it than was foreseen", () => {
      expect(signed.event({ ...one, body: envelope.withType("nobody.knows") }).event).toMatchObject({ id: one.id, type: "nobody.knows" });
      expect(signed.event({ ...one, body: envelope.withMore("[[7]]") }).event).toMatchObject({ id: one.id, type: one.type });
      expect(signed.event({ id: "evt_other1", body: envelope.withId("evt_other1") }).event).toMatchObject({ id: "evt_other1" });
    });

    it.each(noEvents(one))("is no event when it is %s, and unreadable if it was kept", (_, body) => {
      expect(signed.identify({ ...one, body })).toEqual({ ok: false });
      expect(() => connector.read({ ...kept, body })).toThrow(UnreadableEvent);
    });

    it("is no event when its bytes are not UTF-8", () => {
      const [before = "", after = ""] = envelope.withMore('"@@"').split("@@");
      const bytes = (middle: readonly number[]) => Buffer.concat([Buffer.from(before), Buffer.from(middle), Buffer.from(after)]);
      expect(signed.identifyBytes(one.id, bytes([0xc3, 0xbf]))).toMatchObject({ ok: true });
      expect(signed.identifyBytes(one.id, bytes([0xff]))).toEqual({ ok: false });
    });

    it.each([
      ["endless", "e".repeat(256)],
      ["not printable", "evt_\u0000"],
      ["blank", " "],
    ])("is no event under an id that is %s", (_, id) => {
      expect(signed.identify({ id, body: envelope.withId(id) })).toEqual({ ok: false });
    });

    it("with any JSON in any two of its places is sound or unreadable", () => {
      const events = samples.map(([, sample]) => signed.event(sample).kept);
      let read = 0;
      const place = fc.tuple(fc.nat(10_000), fc.jsonValue());
      fc.assert(
        fc.property(fc.constantFrom(...events), place, place, (known, first, second) => {
          const event = attempt(() => connector.read({ ...known, body: withOthers(known.body, first, second) }));
          if (!event) return;
          read++;
          expectSound(connector, event);
        }),
        { seed: 1, numRuns: 500 },
      );
      expect(read).toBeGreaterThan(250);
    });
  });
});

function fail(message: string): never {
  throw new Error(message);
}
