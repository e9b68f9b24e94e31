import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../json.ts";
import { samples } from "./samples.ts";
import { personOf, readClerkUser } from "./user.ts";

function email(id: string, address: string, status: string | null) {
  return { id, email_address: address, verification: status === null ? null : { status, strategy: "email_code" } };
}

function person(user: JsonObject) {
  const read = personOf({ id: "user_1", ...user });
  if (!read) throw new Error("the user was refused");
  return read;
}

describe("the e-mail addresses of a Clerk user", () => {
  it("come with the primary one first, in lower case", () => {
    const { emails, profile } = person({
      primary_email_address_id: "idn_2",
      email_addresses: [email("idn_1", "old@example.com", "verified"), email("idn_2", " Ada@Example.com ", "verified")],
    });
    expect(emails.map((claim) => claim.address)).toEqual(["ada@example.com", "old@example.com"]);
    expect(profile.email).toBe("ada@example.com");
  });

  it.each([
    ["verified", true],
    ["unverified", false],
    ["expired", false],
    ["failed", false],
    ["transferable", false],
    [null, false],
  ])("of status %j are verified claims: %j", (status, verified) => {
    expect(person({ email_addresses: [email("idn_1", "ada@example.com", status)] }).emails).toEqual([
      { address: "ada@example.com", verified },
    ]);
  });

  it("that are listed twice are claimed once, verified where either is", () => {
    const listed = [email("idn_1", "ada@example.com", null), email("idn_2", "ADA@example.com", "verified")];
    for (const email_addresses of [listed, listed.toReversed()]) {
      expect(person({ email_addresses }).emails).toEqual([{ address: "ada@example.com", verified: true }]);
    }
  });

  it("beyond fifty are left out", () => {
    const listed = Array.from({ length: 1000 }, (_, i) => email(`idn_${i}`, `a${i}@example.com`, "verified"));
    expect(person({ email_addresses: listed }).emails).toHaveLength(50);
  });

  it.each<[string, JsonObject, string | null | undefined]>([
    ["none is listed but a primary one named", { email_addresses: [], primary_email_address_id: "idn_1" }, undefined],
    ["none is listed nor named", { email_addresses: [], primary_email_address_id: null }, null],
    ["the list is left out", { primary_email_address_id: null }, undefined],
    ["the list is none", { email_addresses: "ada@example.com", primary_email_address_id: "idn_1" }, undefined],
    ["none is primary", { email_addresses: [email("idn_1", "ada@example.com", null)] }, "ada@example.com"],
    ["none is primary, and one has no id", { email_addresses: [email("idn_1", "a@b.c", null), { email_address: "b@b.c" }] }, "a@b.c"],
    ["one is no address", { email_addresses: [{ email_address: 7 }, null, email("idn_2", "a@b.c", null)] }, "a@b.c"],
  ])("are shown for what they tell where %s", (_, user, shown) => {
    expect(person(user).profile.email).toBe(shown);
  });
});

describe("the profile of a Clerk user", () => {
  it.each<[JsonObject, string | null | undefined]>([
    [{ first_name: "Ada", last_name: "Lovelace" }, "Ada Lovelace"],
    [{ first_name: "Ada", last_name: null }, "Ada"],
    [{ first_name: null, last_name: " Lovelace " }, "Lovelace"],
    [{ first_name: "", last_name: " " }, null],
    [{ first_name: null, last_name: null }, null],
    [{}, undefined],
  ])("makes of %j the name %j", (user, name) => {
    expect(person(user).profile.name).toBe(name);
  });

  it("leaves out what was not told, and empties what was told to be empty", () => {
    expect(person({}).profile).toEqual({});
    expect(person({ username: null, image_url: null }).profile).toEqual({ username: null, avatarUrl: null });
  });

  it.each([
    ["https://img.clerk.com/a", "https://img.clerk.com/a"],
    ["", null],
    ["javascript:alert(1)", null],
    ["data:image/png;base64,AAAA", null],
    [`https://img.clerk.com/${"a".repeat(3000)}`, null],
  ])("makes of the image %j the avatar %j", (url, avatarUrl) => {
    expect(person({ image_url: url }).profile.avatarUrl).toBe(avatarUrl);
  });

  it("holds long and odd names harmlessly", () => {
    const { name } = person({ first_name: "😀".repeat(10_000), last_name: "\u0000\ud800" }).profile;
    expect(name?.length).toBeLessThan(600);
    expect(name).not.toContain("\u0000");
    expect(name?.isWellFormed()).toBe(true);
  });
});

describe("the metadata of a Clerk user", () => {
  it("gives the public scalars, as all that there are", () => {
    const { attributes, attributesMode } = person({
      public_metadata: { plan: "pro", seats: 3, beta: true, apiKey: "x", nested: { a: 1 }, list: [1] },
      private_metadata: { note: "never" },
      unsafe_metadata: { step: 2 },
    });
    expect(attributes).toEqual({ plan: "pro", seats: 3, beta: true });
    expect(attributesMode).toBe("snapshot");
  });

  it("says that there are none where it is null", () => {
    expect(person({ public_metadata: null })).toMatchObject({ attributes: {}, attributesMode: "snapshot" });
  });

  it("says nothing where it is left out", () => {
    expect(person({})).toMatchObject({ attributes: {}, attributesMode: "merge" });
  });
});

describe("the ids of a Clerk user", () => {
  it("are Clerk's own and the tenant's", () => {
    expect(person({ external_id: "app-7" })).toMatchObject({ externalId: "user_1", appIds: ["app-7"] });
  });

  it.each([null, "", "undefined", 7])("leave out %j, which is no id of the tenant's", (external_id) => {
    expect(person({ external_id }).appIds).toEqual([]);
  });
});

describe("a user that Clerk's Backend API lists", () => {
  it("becomes the same person as the one that a webhook brings", () => {
    const at = Date.UTC(2026, 10, 2);
    const person = { externalId: "user_7", appId: "app-7", email: "Ada@example.com", name: "Ada Lovelace" };
    const { data } = JSON.parse(samples["user.created"]({ at, seed: "a1", person }).body);
    expect(readClerkUser(data)).toEqual({
      person: {
        externalId: "user_7",
        appIds: ["app-7"],
        emails: [{ address: "ada@example.com", verified: true }],
        profile: {
          email: "ada@example.com",
          name: "Ada Lovelace",
          username: "ada_a1",
          avatarUrl: expect.stringMatching(/^https:/),
        },
        attributes: { company: "Analytical Engines", role: "founder", seats: 3 },
        attributesMode: "snapshot",
        deleted: false,
      },
      asOf: at,
    });
    expect(readClerkUser(data)?.person).toEqual(personOf(data));
  });

  it.each([
    ["by its last change", { updated_at: 1_761_990_000_000, created_at: 1_611_948_436_000 }, 1_761_990_000_000],
    ["in seconds", { updated_at: 1_611_948_436 }, 1_611_948_436_000],
    ["by its beginning", { created_at: 1_611_948_436_000 }, 1_611_948_436_000],
    ["by nothing, so that it is older than all", {}, 0],
  ])("is dated %s", (_, dates, asOf) => {
    expect(readClerkUser({ id: "user_1", ...dates })?.asOf).toBe(asOf);
  });

  it.each([[null], ["user_1"], [[]], [{}], [{ id: 7 }], [{ id: "" }]])("is nobody where it is %j", (user) => {
    expect(readClerkUser(user)).toBeNull();
  });
});
