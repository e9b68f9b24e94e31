import { describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Connector, type Json } from "@mara/connectors";
import fc from "fast-check";
import { redact } from "./redact.ts";

function redacted(payload: Json): Json {
  const shown = redact(JSON.stringify(payload));
  if (shown === null) throw new Error("JSON was taken for something else");
  return JSON.parse(shown.text);
}

describe("by its key, a payload's value is taken out", () => {
  it.each<[string, Json, string]>([
    ["email", "ada at home", "[e-mail]"],
    ["receipt_email", "x", "[e-mail]"],
    ["emailAddress", "x", "[e-mail]"],
    ["name", "Ada Lovelace", "[name]"],
    ["first_name", "Ada", "[name]"],
    ["billingName", "Ada", "[name]"],
    ["github_username", "ada", "[name]"],
    ["account_holder_name", "Ada", "[name]"],
    ["postal_code", "N1", "[address]"],
    ["city", "London", "[address]"],
    ["phone_number", "030 123", "[phone]"],
    ["mobile", 491701234567, "[phone]"],
    ["client_ip", "x", "[IP address]"],
    ["user_agent", "Mozilla", "[personal]"],
    ["last4", "4242", "[personal]"],
    ["date_of_birth", "1815-12-10", "[personal]"],
    ["tax_id", "DE1", "[personal]"],
    ["comment", "I live at the corner", "[text]"],
    ["client_secret", "x", "[secret]"],
    ["API-Key", "x", "[secret]"],
    ["pin", 1234, "[secret]"],
  ])("%s", (key, value, marker) => {
    expect(redacted({ [key]: value })).toEqual({ [key]: marker });
  });

  it("with all that is below it", () => {
    const address = { city: "London", lines: [{ first: "12 Saint James's Square" }], number: 12, verified: true };
    expect(redacted({ billing_address: address })).toEqual({
      billing_address: { city: "[address]", lines: [{ first: "[address]" }], number: "[address]", verified: true },
    });
  });

  it.each<[string, Json, Json]>([
    ["custom_fields", [{ key: "engraving", text: { value: "Ada Lovelace" } }, { numeric: { value: "4915112345678" } }], [
      { key: "[custom field]", text: { value: "[custom field]" } },
      { numeric: { value: "[custom field]" } },
    ]],
    ["custom_field_data", { your_answer: "I am Ada", is_pregnant: true, age: 36, left_out: null }, {
      your_answer: "[custom field]",
      is_pregnant: "[custom field]",
      age: "[custom field]",
      left_out: null,
    }],
    ["metadata", { who: "Ada Lovelace", seats: 3, vip: true, nobody: "" }, { who: "[custom field]", seats: "[custom field]", vip: "[custom field]", nobody: "" }],
    ["public_metadata", { notes: { of: ["Ada"] } }, { notes: { of: ["[custom field]"] } }],
    ["customerMetadata", { who: "Ada" }, { who: "[custom field]" }],
  ])("whatever it is, where people put anything: %s", (key, value, clean) => {
    expect(redacted({ [key]: value })).toEqual({ [key]: clean });
  });

  it("but why an e-mail address counts or not can be seen", () => {
    const addresses = [{ id: "idn_1", email_address: "ada@example.com", verification: { status: "verified" } }];
    expect(redacted({ email_addresses: addresses })).toEqual({
      email_addresses: [{ id: "idn_1", email_address: "[e-mail]", verification: { status: "verified" } }],
    });
  });

  it("but a plan and a product may be named", () => {
    expect(redacted({ plan: { nickname: "Pro" }, of: { object: "product", name: "Team", description: "For all" }, customer: { name: "Ada", description: "VIP" } })).toEqual({
      plan: { nickname: "Pro" },
      of: { object: "product", name: "Team", description: "For all" },
      customer: { name: "[name]", description: "[text]" },
    });
  });

  it("but the seller's own name in its invoice may be shown, and nobody else's account's", () => {
    expect(redacted({ object: "invoice", account_name: "Sample Shop", bank: { account_name: "Ada" } })).toEqual({
      object: "invoice",
      account_name: "Sample Shop",
      bank: { account_name: "[name]" },
    });
  });
});

describe("wherever it stands, this is taken out", () => {
  it.each([
    ["an e-mail address", "ask ada+news@mail.example.com or not", "ask [e-mail] or not"],
    ["an e-mail address in another alphabet", "ада@пример.рф", "[e-mail]"],
    ["an e-mail address that begins as a token does", "polar_bear@lovelace.example", "[e-mail]"],
    ["an e-mail address with a part that looks like a token", "ask ada.lovelace+polar_test@lovelace.example, or not", "ask [e-mail], or not"],
    ["a phone number", "call +44 20 7946 0958 at noon", "call [phone] at noon"],
    ["an IPv4 address", "from 203.0.113.7.", "from [IP address]"],
    ["an IPv6 address", "from 2001:db8::1 on", "from [IP address] on"],
    ["Stripe's secret key", "sk_live_51H8x", "[secret]"],
    ["a signing secret", "paste whsec_abcdEFGH here", "paste [secret] here"],
    ["Polar's token", "polar_oat_abcd1234", "[secret]"],
    ["a payment's client secret", "pi_3abc_secret_def", "[secret]"],
    ["a signed token", "eyJhbGciOi.eyJzdWIiOi.c2ln", "[secret]"],
    ["a bearer token", "Authorization: Bearer abcdefgh12", "Authorization: [secret]"],
    ["a long key that begins like a path", "/v1/7f3a9c0e1b2d4f5a6b7c8d9e0f1a2b3c4d5e", "[secret]"],
    ["a long key of no known form", "7f3a9c0e1b2d4f5a6b7c8d9e0f1a2b3c4d5e", "[secret]"],
    ["the way into a page that opens by its link", "https://invoice.stripe.com/i/acct_1/live_YWNjdF8x?s=ap", "https://invoice.stripe.com/…"],
    ["a password in a link", "https://ada:hunter2@example.com/x", "https://[secret]"],
    ["a long password in a link", `postgres://ada:${"hunter!".repeat(20)}@db.example.com:5432/app`, "postgres://[secret]"],
    ["a token in a link", "https://hunter@example.com/x", "https://[secret]"],
    ["a link with a port", "http://example.com:8080", "http://example.com:8080"],
  ])("%s", (_name, text, clean) => {
    expect(redacted({ said: text })).toEqual({ said: clean });
  });

  it.each(PROVIDERS)("what begins as a secret of %s does", (provider) => {
    const { signing, api }: Connector["secretPrefixes"] = connectors[provider].secretPrefixes;
    for (const prefix of [...signing, ...api]) expect(redacted({ said: `use ${prefix}abcdEFGH2 here` })).toEqual({ said: "use [secret] here" });
  });

  it.each(PROVIDERS)("all that stands under the keys that %s has for custom fields", (provider) => {
    for (const key of connectors[provider].customFields) expect(redacted({ [key]: { who: "Ada", of: [7] } })).toEqual({ [key]: { who: "[custom field]", of: ["[custom field]"] } });
  });

  it("also in a key", () => {
    expect(redacted({ "ada@example.com": 1 })).toEqual({ "[e-mail]": 1 });
  });
});

describe("a text that is cut shows nothing that begins before the cut", () => {
  it.each<[string, string, RegExp]>([
    ["an e-mail address", "ada.lovelace@example.com", /ada/],
    ["the longest e-mail address", `${"ada.".repeat(16)}@example.com`, /ada/],
    ["a long key of no known form", "7f3a9c0e1b2d4f5a6b7c8d9e0f1a2b3c4d5e", /7f3/],
    ["a bearer token", "bearer 7f3a9c0e1b2d", /7f3/],
    ["a phone number", "+44 20 7946 0958", /44/],
    ["an IP address", "203.0.113.7", /203/],
    ["a password in a link", "https://ada:hunter2@example.com/x", /hunter/],
    ["a long password in a link", `https://ada:${"hunter!".repeat(20)}@example.com/x`, /hunter/],
  ])("of %s, wherever in it the cut is", (_name, personal, told) => {
    for (let within = 1; within < personal.length; within++) {
      // Cleaning makes the link so short that what stands at the cut would be shown.
      const said = `https://x/${"p".repeat(1_989 - within)} ${personal} ${"and so on ".repeat(300)}`;
      expect(said.indexOf(personal)).toBe(2_000 - within);
      expect(JSON.stringify(redacted({ said }))).not.toMatch(told);
    }
  });

  it("in a key either", () => {
    for (let before = 60; before < 200; before++) {
      expect(JSON.stringify(redacted({ [`${"k".repeat(before)} ada.lovelace@example.com ${"k".repeat(200)}`]: 1 }))).not.toContain("ada");
    }
  });

  it("but what is certain of it", () => {
    expect(redacted({ said: "word ".repeat(1_000) })).toEqual({ said: `${"word ".repeat(200)}…` });
  });
});

describe("what says nothing of a person stays", () => {
  it.each<[string, Json]>([
    ["id", "cs_test_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"],
    ["id", "672609e2-c3be-448c-a1cf-f88a95bde09c"],
    ["object", "checkout.session"],
    ["created", 1_764_000_000],
    ["at", "2026-11-24T12:30:00.000000Z"],
    ["amount", 4_900],
    ["livemode", false],
    ["password_enabled", true],
    ["password_last_updated_at", 1_764_000_000_000],
    ["cvc_check", "pass"],
    ["url", "/v1/invoices/in_1MtHbELkdIwHu7ixl4OzzPMv/lines"],
    ["url", "/v1/subscription_items?subscription=sub_1MtHbELkdIwHu7ixl4OzzPMv"],
    ["interval", "month"],
    ["company", "Analytical Engines"],
    ["nothing", null],
    ["empty", ""],
  ])("%s: %j", (key, value) => {
    expect(redacted({ [key]: value })).toEqual({ [key]: value });
  });
});

describe("a payload of any form", () => {
  const samples = PROVIDERS.flatMap((provider) =>
    Object.entries(connectors[provider].samples).map(([name, make]) => [`${provider} / ${name}`, make] as const),
  );
  it.each(samples)("of %s shows nothing of its person", (_name, make) => {
    const person = { email: "quenya@valinor.example", name: "Quenya Telperion", appId: "user_1" };
    const { type, body } = make({ at: Date.UTC(2026, 10, 24), seed: "one", person });
    const shown = redact(body);
    expect(shown?.text).not.toMatch(/quenya|telperion|valinor/i);
    expect(shown?.text).toContain(`"${type}"`);
  });

  it("never shows an e-mail address, whatever is around it", () => {
    const place = fc.oneof(fc.string(), fc.constant("note"), fc.constant("email"));
    fc.assert(
      fc.property(fc.json(), place, fc.string({ unit: "binary" }), (around, key, before) => {
        const payload = { around: JSON.parse(around), [key]: `${before} ada@example.com` };
        expect(redact(JSON.stringify(payload))?.text).not.toContain("ada@example.com");
      }),
    );
  });

  it("that is no JSON is not shown at all", () => {
    expect(redact("ada@example.com")).toBeNull();
  });

  it("with keys that mean something to JavaScript is only text", () => {
    expect(redact('{"__proto__": {"polluted": 1}, "constructor": 2}')?.text).toContain('"__proto__"');
    expect({}).not.toHaveProperty("polluted");
  });

  it("shows characters that turn or hide text as escapes", () => {
    expect(redact(JSON.stringify({ said: "a\u202eb\u200bc\u2066\ufeff" }))?.text).toContain("a\\u202eb\\u200bc\\u2066\\ufeff");
  });

  const wide = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`key${i}`, `value ${i}`]));
  const bushy = `[${Array.from({ length: 190 }, () => `[${Array.from({ length: 190 }, () => "[[],[],[]]").join()}]`).join()}]`;
  it.each([
    ["deep arrays", "[".repeat(500_000) + "]".repeat(500_000)],
    ["deep objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["many keys", JSON.stringify(wide)],
    ["many empty arrays", bushy],
    ["a long list", JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i))],
    ["a long text", JSON.stringify({ said: "a".repeat(1_000_000) })],
    ["a long key", JSON.stringify({ ["k".repeat(1_000_000)]: 1 })],
    ["a long text that looks like the beginning of an address", JSON.stringify({ said: "a.b@".repeat(250_000) })],
    ["many long texts", JSON.stringify(Array.from({ length: 200 }, () => "word ".repeat(1_000)))],
  ])("with %s gives a short text", (_name, body) => {
    const shown = redact(body);
    expect(shown?.text.length).toBeLessThan(25_000);
    expect(shown?.text).toContain("…");
  });

  it("says when something was left out", () => {
    expect(redact(JSON.stringify({ few: [1, 2] }))?.isCut).toBe(false);
    expect(redact(JSON.stringify(wide))?.isCut).toBe(true);
  });
});
