import { describe, expect, it } from "@jest/globals";
import { mentionsIn } from "./mentions.ts";

const mentions = (value: unknown) => mentionsIn(JSON.stringify(value));

describe("whom a body names that can't be read", () => {
  it("finds a provider's ids where providers name people, at any depth", () => {
    const { ids } = mentions({ data: [{ customer: { id: "cus_1" } }, { customer: "cus_2", user_id: "user_3" }], customer_id: "4" });
    expect([...ids].sort()).toEqual(["4", "cus_1", "cus_2", "user_3"]);
  });

  it("finds a tenant's own ids only where a connector would: an equal word is no id", () => {
    const { appIds } = mentions({ currency: "usd", status: "7", customer: { external_id: "7" }, client_reference_id: "team 1" });
    expect([...appIds].sort()).toEqual(["7", "team 1"]);
  });

  it.each([
    ["as they are", { email: "ann@x.test" }],
    ["in capitals, with spaces around", { email: " ANN@X.test " }],
    ["with a name", { from: "Ann <ann@x.test>" }],
    ["in a sentence", { note: "Write to ann@x.test." }],
    ["as a link", { url: "mailto:ann@x.test" }],
    ["as a key", { "ann@x.test": true }],
    ["in JSON within JSON", { metadata: { raw: '{"email":"ann@x.test"}' } }],
  ])("finds addresses %s", (_how, body) => {
    expect(mentions(body).addresses).toContain("ann@x.test");
  });

  it.each(["joann@x.test", "ann@x.test.example", "o'ann@x.test", "x+ann@x.test", "ann@x.testing"])(
    "does not take %s for ann@x.test",
    (other) => {
      expect(mentions({ email: other, note: `it was ${other}.` }).addresses).not.toContain("ann@x.test");
    },
  );

  it("finds addresses whatever they are escaped with, and folds more than ASCII's letters", () => {
    expect(mentionsIn('{"email":"J\\u00dcrgen@x.test"}').addresses).toContain("jürgen@x.test");
  });

  it("finds addresses in what is no JSON", () => {
    expect(mentionsIn('{"email":"ann@x.test"').addresses).toContain("ann@x.test");
  });

  it.each([
    ["JSON", (text: string) => JSON.stringify({ note: text })],
    ["no JSON", (text: string) => text],
  ])("reads a megabyte of dots in one pass, as %s: the event loop has no time for more", (_what, bodyOf) => {
    const dots = ".".repeat(2 ** 20);
    expect(mentionsIn(bodyOf(`x@${dots}x ann@x.test${dots}`)).addresses).toEqual(["ann@x.test"]);
  });

  it("reads JSON of any depth", () => {
    const deep = `${"[".repeat(50_000)}"ann@x.test"${"]".repeat(50_000)}`;
    expect(mentionsIn(deep).addresses).toEqual(["ann@x.test"]);
  });
});
