import { describe, expect, it } from "@jest/globals";
import { MAX_EMAIL, normaliseEmail } from "./email.ts";

describe("normaliseEmail", () => {
  it.each([
    ["ada@example.com", "ada@example.com"],
    ["  Ada.Lovelace+Test@EXAMPLE.com\n", "ada.lovelace+test@example.com"],
    ["josé@exämple.de", "josé@exämple.de"],
    [`${"a".repeat(MAX_EMAIL - 4)}@x.y`, `${"a".repeat(MAX_EMAIL - 4)}@x.y`],
  ])("takes %j", (written, address) => {
    expect(normaliseEmail(written)).toBe(address);
  });

  it.each([
    [""], ["   "], ["ada"], ["@example.com"], ["ada@"], ["a@b@c"], ["ada lovelace@example.com"], ["ada@exam ple.com"],
    ["ada\0@example.com"], ["ada@\ud800.com"], [`${"a".repeat(MAX_EMAIL)}@x.y`], ["a".repeat(100_000)],
    [null], [undefined], [7], [true], [["ada@example.com"]], [{ email: "ada@example.com" }],
  ])("ignores %j", (value) => {
    expect(normaliseEmail(value)).toBeNull();
  });
});
