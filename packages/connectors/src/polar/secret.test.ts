import { describe, expect, it } from "@jest/globals";
import { makeSecret, secretProblem, signersOf } from "./secret.ts";

describe("a Polar signing secret", () => {
  it.each([
    ["made before 2026-06-29", "polar_whs_Vb3kTq9ZsR1xYw8LmNcPdEfGhJ2aUo5i7K0sXtQzCvB"],
    ["made after that", "whsec_Vb3kTq9ZsR1xYw8LmNcPdEfGhJ2aUo5i7K0sXtQzCvB"],
    ["made since 2026-09-08", makeSecret(Buffer.alloc(32, 0xfb))],
    ["that ends in equals signs", makeSecret(Buffer.alloc(25, "a"))],
    ["of 24 bytes", makeSecret(Buffer.alloc(24, "a"))],
    // Stripe's begin alike: nothing in them tells whose they are.
    ["that may as well be Stripe's", "whsec_5WbX0EWIfSeqnRoWkgbJ8zCZoXTZ3Zqk"],
    // The bytes of any text can be a key.
    ["in letters that are no base64", "whsec_!!!"],
  ])("can be one %s", (_, secret) => {
    expect(secretProblem(secret)).toBeNull();
  });

  it.each([
    ["nothing", "", "Nothing was pasted"],
    ["white space", " \n\t", "Nothing was pasted"],
    ["the webhook URL", "https://example.com/api/webhooks/polar/demo", "URL"],
    ["an organization access token", "polar_oat_u9Xc2ZkqT7bN4mLsPdRfWvYh", "organization access token"],
    ["a personal access token", "polar_pat_u9Xc2ZkqT7bN4mLsPdRfWvYh", "personal access token"],
    ["another of Polar's tokens", "polar_at_o_u9Xc2ZkqT7bN4mLsPdRfWvYh", "another of Polar's keys"],
    ["a Stripe secret key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "API key of Stripe's"],
    ["a Stripe restricted key", "rk_live_4eC39HqLyjWDarjtT1zdp7dc", "API key of Stripe's"],
    ["a publishable key", "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k", "publishable key"],
    ["a masked secret", "whsec_••••••••••••", "masked"],
    ["a shortened secret", "polar_whs_Vb3k...", "masked"],
    ["a secret with a line break", "polar_whs_Vb3kTq9ZsR1xYw8LmNcPdEfGhJ2a\n", "white space"],
    ["a line of a settings file", "POLAR_WEBHOOK_SECRET=polar_whs_Vb3kTq9ZsR1xYw8L", "settings file"],
    ["a secret in quotes", '"polar_whs_Vb3kTq9ZsR1xYw8L"', "quotes"],
    ["an id", "0b6f8a52-6a3e-4b0c-9d9e-1b1c6f0f7d11", "not a signing secret"],
    ["a secret with strange letters", "whsec_Vb3kTq9Z\u00e9sR1", "characters"],
    ["a secret with a NUL", "whsec_Vb3kTq9Z\u0000sR1", "characters"],
    ["the newer prefix alone", "whsec_", "cut short"],
    ["the older prefix alone", "polar_whs_", "cut short"],
    ["a whole page", `whsec_${"a".repeat(300)}`, "longer"],
  ])("can't be %s", (_, pasted, said) => {
    const problem = secretProblem(pasted);
    expect(problem).toContain(said);
    if (pasted.length > 12) expect(problem).not.toContain(pasted);
  });
});

describe("the keys of a secret", () => {
  it("are two where it can be of either era", () => {
    expect(signersOf("whsec_MDEyMzQ1Njc4OWFiY2RlZg==")).toHaveLength(2);
  });

  it.each(["polar_whs_MDEyMzQ1Njc4OWFiY2RlZg==", "whsec_", "whsec_!!!", "whsec_MDEyMzQ1Njc4OWFiY2RlZg", "whsec_A===", "\ud800"])(
    "are one where only the whole text can be the key: %s",
    (secret) => {
      expect(signersOf(secret)).toHaveLength(1);
    },
  );

  it("are none where there is nothing", () => {
    expect(signersOf("")).toEqual([]);
  });
});
