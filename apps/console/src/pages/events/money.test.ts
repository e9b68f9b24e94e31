import { describe, expect, it } from "@jest/globals";
import { money } from "./money.ts";

describe("an amount for people", () => {
  it.each([
    ["hundredths", 4_900, "usd", "$49.00"],
    ["grouped thousands", 123_456_789, "eur", "€1,234,567.89"],
    ["a currency without decimals", 4_900, "jpy", "¥4,900"],
    ["a currency without decimals that has no sign of its own", 4_900, "XPF", "CFPF 4,900"],
    ["a currency with three decimals", 4_900, "kwd", "KWD 4.900"],
    ["a currency whose coins are out of use, but not its hundredths", 4_900, "huf", "HUF 49.00"],
    ["a currency that charges in whole units and tells hundredths", 500, "isk", "ISK 5.00"],
    ["a fraction of a cent", 0.5, "usd", "$0.005"],
    ["what was given back", -4_900, "usd", "-$49.00"],
    ["a currency that nobody knows", 4_900, "zzz", "ZZZ 49.00"],
    ["what is no currency at all", 4_900, "<b>", "4,900 <b>"],
  ])("writes %s", (_name, minor, currency, words) => {
    // Intl sets a no-break space between a code and its number.
    expect(money(minor, currency).replaceAll("\u00a0", " ")).toBe(words);
  });
});
