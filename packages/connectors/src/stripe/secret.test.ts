import { describe, expect, it } from "@jest/globals";
import { makeSecret, secretProblem } from "./secret.ts";

describe("secretProblem", () => {
  it.each([
    "whsec_abcdefghijklmnopqrstuvwxyz012345",
    `whsec_${"0a".repeat(32)}`,
    makeSecret(Buffer.alloc(24, 7)),
    makeSecret(Buffer.alloc(32, 255)),
  ])("finds none in %s", (secret) => {
    expect(secretProblem(secret)).toBeNull();
  });

  it.each([
    ["", "Nothing"],
    ["pk_live_51Abcdef", "publishable key"],
    ["pk_test_51Abcdef", "publishable key"],
    ["sk_live_51Abcdef", "secret API key"],
    ["rk_live_51Abcdef", "restricted API key"],
    ["https://example.com/api/webhooks/stripe/demo", "URL"],
    [" whsec_abcdefghijklmnopqrstuvwxyz012345", "white space"],
    ["whsec_abcdefghijklmnopqrstuvwxyz012345\n", "white space"],
    ["whsec_abcdefgh ijklmnopqrstuvwxyz012345", "white space"],
    ["we_1Abcdefghijkl", "id of the webhook endpoint"],
    ["ed_test_1Abcdef", "id of the webhook endpoint"],
    ["price_1Abcdef", "id of one of Stripe's objects"],
    ["cus_Abcdef", "id of one of Stripe's objects"],
    ["polar_whs_abcdefghijklmnop", "Polar"],
    ["polar_oat_abcdefghijklmnop", "Polar"],
    ["whsec_••••••••••••", "masked"],
    ["whsec_abc...xyz", "masked"],
    ["STRIPE_WEBHOOK_SECRET=whsec_abcdefghijklmnopqrstuvwxyz", "settings file"],
    ['"whsec_abcdefghijklmnopqrstuvwxyz"', "settings file"],
    ["whsec_", "cut short"],
    ["whsec_abc", "cut short"],
    ["abcdefghijklmnopqrstuvwxyz", "no signing secret"],
    [`whsec_${"a".repeat(300)}`, "longer"],
    ["whsec_abcdefghijklmnopé", "characters"],
  ])("says of %j what it is, in one sentence", (pasted, what) => {
    const problem = secretProblem(pasted);
    expect(problem).toContain(what);
    expect(problem).toMatch(/^[^.]+\.$/);
  });

  it("never repeats what was pasted", () => {
    expect(secretProblem("sk_live_51Abcdef")).not.toContain("51Abcdef");
  });
});
