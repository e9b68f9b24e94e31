import { describe, expect, it } from "@jest/globals";
import { apiKeyProblem } from "./api-key.ts";

describe("a Clerk API key", () => {
  it.each(["sk_test_fake", "sk_live_abcdefghijklmnopqrstuvwxyz0123456789ABCD"])("can be %s", (key) => {
    expect(apiKeyProblem(key)).toBeNull();
  });

  it.each([
    ["", "Nothing was pasted"],
    ["pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "publishable key"],
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "belongs in the signing secret field"],
    ["polar_oat_abcdef", "key of Stripe or Polar"],
    ["rk_live_abcdef", "key of Stripe or Polar"],
    ["https://api.clerk.com", "a URL"],
    ["sk_live_••••••••", "masked"],
    ["sk_live_...abcd", "masked"],
    ["sk_live_abc def", "white space"],
    [" sk_live_abcdef", "white space"],
    ["sk_live_abcdef\n", "white space"],
    ["CLERK_SECRET_KEY=sk_live_abcdef", "line of a settings file"],
    ['"sk_live_abcdef"', "line of a settings file"],
    ["hunter2", "not a Clerk secret key"],
    ["SK_LIVE_abcdef", "not a Clerk secret key"],
    ["sk_live_", "cut short or damaged"],
    ["sk_live_abc$def", "cut short or damaged"],
    ["sk_live_abc\0def", "cut short or damaged"],
  ])("can't be %p: the sentence says what was pasted, and never repeats it", (key, says) => {
    const sentence = apiKeyProblem(key);
    expect(sentence).toContain(says);
    if (key.length > 10) expect(sentence).not.toContain(key.slice(-6));
  });
});
