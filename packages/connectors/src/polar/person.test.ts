import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../json.ts";
import { personOf } from "./person.ts";

const customer = { id: "cus-1", external_id: "user_7", email: " Ada@Example.com ", name: "Ada Lovelace", metadata: {} };

function personWith(told: JsonObject, object: JsonObject = {}) {
  return personOf({ customer: { ...customer, ...told }, ...object });
}

describe("the customer of a Polar event", () => {
  it("is known by Polar's id, by the tenant's own and by the e-mail", () => {
    expect(personOf({ customer })).toEqual({
      externalId: "cus-1",
      appIds: ["user_7"],
      emails: [{ address: "ada@example.com", verified: true }],
      profile: { email: "ada@example.com", name: "Ada Lovelace" },
      attributes: {},
      attributesMode: "merge",
      deleted: false,
    });
  });

  it("identifies by an address that Polar has not verified, as it hasn't for nearly everyone who pays", () => {
    expect(personWith({ email_verified: false })?.emails).toEqual([{ address: "ada@example.com", verified: true }]);
  });

  it.each([
    ["null", null, { emails: [], profile: { email: null, name: "Ada Lovelace" } }],
    ["absent", undefined, { emails: [], profile: { name: "Ada Lovelace" } }],
    ["none", "not an address", { emails: [], profile: { name: "Ada Lovelace" } }],
  ])("may have an e-mail that is %s", (_, email, expected) => {
    expect(personWith({ email })).toMatchObject(expected);
    expect(Object.keys(personWith({ email })?.profile ?? {})).toEqual(Object.keys(expected.profile));
  });

  it("may have no name", () => {
    expect(personWith({ name: null })?.profile).toEqual({ email: "ada@example.com", name: null });
    expect(personWith({ name: undefined })?.profile).toEqual({ email: "ada@example.com" });
  });

  it.each([null, undefined, "", " ", "undefined", 7, {}])("has no id of the tenant's where it is %j", (externalId) => {
    expect(personWith({ external_id: externalId })?.appIds).toEqual([]);
  });

  it("is known by customer_id where the customer is not told", () => {
    expect(personOf({ customer_id: "cus-1" })).toMatchObject({ externalId: "cus-1", emails: [], profile: {} });
    expect(personOf({ customer: "cus-1", customer_id: "cus-1" })).toMatchObject({ externalId: "cus-1" });
  });

  it("is nobody where nothing is told of them", () => {
    for (const object of [{}, { customer: null }, { customer: { name: "Ada" } }, { customer: [] }]) {
      expect(personOf(object)).toBeNull();
    }
  });

  it("has the custom fields of the customer, and over them those of what was bought", () => {
    const { attributes } = personWith({ metadata: { plan: "old", team: 5 } }, { metadata: { plan: "new", beta: true } }) ?? {};
    expect(attributes).toEqual({ plan: "new", team: 5, beta: true });
  });

  it("has none of the answers that were given at checkout, and no secret", () => {
    const object = { custom_field_data: { company: "ACME" }, metadata: { api_key: "hidden", list: [1] } };
    expect(personWith({ custom_field_data: { vat: "x" } }, object)?.attributes).toEqual({});
  });
});
