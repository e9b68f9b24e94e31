import { describe, expect, it } from "@jest/globals";
import { readKeyring } from "./keyring.ts";
import { CannotOpen, open, seal, type Place } from "./seal.ts";

const KEY = Buffer.alloc(32, 1).toString("base64");
const NEW_KEY = Buffer.alloc(32, 2).toString("base64");
const keyring = readKeyring(KEY);
const place: Place = { tenantId: "acme", provider: "stripe", purpose: "signing secret" };

function problemOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof CannotOpen ? error.problem : "another error";
  }
}

describe("a sealed secret", () => {
  it("opens to what was sealed", () => {
    expect(open(keyring, place, seal(keyring, place, "whsec_ünïcode"))).toBe("whsec_ünïcode");
  });

  it("never looks the same twice, and never shows what is in it", () => {
    const sealed = seal(keyring, place, "whsec_abc");
    expect(seal(keyring, place, "whsec_abc")).not.toEqual(sealed);
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("whsec_abc");
  });

  it("does not open once any of its bytes was changed", () => {
    const sealed = seal(keyring, place, "whsec_abc");
    for (let i = 0; i < sealed.length; i++) {
      const tampered = Uint8Array.from(sealed, (byte, at) => (at === i ? byte ^ 1 : byte));
      expect(problemOf(() => open(keyring, place, tampered))).toMatch(/^(damaged|unknown key)$/);
    }
  });

  it.each<[string, Partial<Place>]>([
    ["tenant", { tenantId: "other" }],
    ["provider", { provider: "polar" }],
    ["purpose", { purpose: "api key" }],
  ])("does not open for another %s", (_name, elsewhere) => {
    const sealed = seal(keyring, place, "whsec_abc");
    expect(problemOf(() => open(keyring, { ...place, ...elsewhere }, sealed))).toBe("damaged");
  });

  it.each([
    ["nothing", 0],
    ["a part of its head", 30],
    ["all but its last byte", 45],
  ])("does not open when only %s is left", (_name, length) => {
    expect(problemOf(() => open(keyring, place, seal(keyring, place, "whsec_abc").subarray(0, length)))).toBe("damaged");
  });
});

describe("a keyring", () => {
  it("opens what each of its keys sealed, and seals with the first", () => {
    const both = readKeyring(`${NEW_KEY}, ${KEY}`);
    expect(open(both, place, seal(keyring, place, "old"))).toBe("old");
    expect(open(readKeyring(NEW_KEY), place, seal(both, place, "new"))).toBe("new");
  });

  it("says so when the key that sealed is not in it", () => {
    expect(problemOf(() => open(readKeyring(NEW_KEY), place, seal(keyring, place, "old")))).toBe("unknown key");
  });

  it.each(["", KEY.slice(4), `${KEY},`, "not base64 at all"])("refuses %j", (text) => {
    expect(() => readKeyring(text)).toThrow("32 bytes");
  });
});
