import { describe, expect, it } from "@jest/globals";
import { lasted, reasonInBrief, reasonInWords } from "./words.ts";

describe("how long something took", () => {
  it.each([
    [-3, "0 ms"],
    [0, "0 ms"],
    [419.6, "420 ms"],
    [1_000, "1 s"],
    [1_240, "1.2 s"],
    [59_999, "60 s"],
    [90_000, "1.5 min"],
    [7_200_000, "2 h"],
    [86_400_000, "1 day"],
    [36 * 3_600_000, "1.5 days"],
  ])("%d ms is %s", (ms, words) => {
    expect(lasted(ms)).toBe(words);
  });
});

describe("a reason", () => {
  it.each<[string | null, string, string]>([
    [null, "", ""],
    ["the subscription has no id", "The subscription has no id.", "the subscription has no id"],
    ["Done!", "Done!", "Done!"],
    ["mismatch", "The signature does not match. Paste the signing secret again.", "the signature does not match"],
    ["__proto__", "__proto__.", "__proto__"],
  ])("%s is told in a sentence, and in brief", (reason, sentence, brief) => {
    expect(reasonInWords(reason)).toBe(sentence);
    expect(reasonInBrief(reason)).toBe(brief);
  });
});
