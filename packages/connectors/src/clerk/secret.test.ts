import { describe, expect, it } from "@jest/globals";
import { makeSecret, secretProblem } from "./secret.ts";

describe("a Clerk signing secret", () => {
  it.each([24, 25, 26, 32, 64])("of %d bytes can be one, whatever its padding", (bytes) => {
    expect(secretProblem(makeSecret(Buffer.alloc(bytes, 0xfb)))).toBeNull();
    expect(secretProblem(makeSecret(Buffer.alloc(bytes, "a")))).toBeNull();
  });

  it.each([
    ["nothing", "", "Nothing was pasted"],
    ["a test secret key", "sk_test_abcdefghijklmnopqrstuvwxyz123456", "API key field"],
    ["a live secret key", "sk_live_abcdefghijklmnopqrstuvwxyz123456", "API key field"],
    ["a publishable key", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "publishable key"],
    ["a secret of Polar's", "polar_whs_ovyN6cPrTv56AApvzCaJno08SSmGJmgb", "Polar"],
    ["the webhook URL", "https://example.com/api/webhooks/clerk/demo", "URL"],
    ["the public key", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----", "public key"],
    ["a session token", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2ln", "session token"],
    ["a masked secret", "whsec_••••••••••••", "masked"],
    ["a secret with a line break", `${makeSecret(Buffer.alloc(24, 1))}\n`, "white space"],
    ["a line of a settings file", `CLERK_WEBHOOK_SIGNING_SECRET=${makeSecret(Buffer.alloc(24, 1))}`, "settings file"],
    ["a secret in quotes", `"${makeSecret(Buffer.alloc(24, 1))}"`, "quotes"],
    ["any other word", "correct-horse-battery-staple", "no signing secret"],
    ["a whole page", makeSecret(Buffer.alloc(10_000, 1)), "longer"],
    ["the prefix alone", "whsec_", "cut short"],
    ["the first part of a secret", makeSecret(Buffer.alloc(24, 1)).slice(0, -16), "cut short"],
    ["what is not base64", "whsec_not-base64-at-all", "not base64"],
  ])("is asked for again, in one sentence, when %s was pasted", (_, pasted, told) => {
    const problem = secretProblem(pasted) ?? "";
    expect(problem).toContain(told);
    expect(problem).toMatch(/^[^.]+\.$/);
    if (pasted.length > "whsec_".length) expect(problem).not.toContain(pasted.slice(0, 12));
  });
});
