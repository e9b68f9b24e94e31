import { expect, it } from "@jest/globals";
import { identityKey, keyOf, spaceOf, type Identity } from "@mara/identity";
import { accountSubject, joinIdentityKey, splitIdentityKey } from "@mara/store";
import { sampleJob } from "../../test/deliveries.ts";
import { prepare } from "./prepare.ts";

// The store erases by keys that other packages make and that it can't import: here both are known.

it.each(["stripe", "polar", "app", "email"] as const)("the store reads and writes a key of the space %s as identity makes it", (space) => {
  const identity: Identity = { space, externalId: "an:id:with#all", provider: "app", contactId: "c", facts: {} };
  expect(joinIdentityKey(identity)).toBe(keyOf(identity));
  expect(splitIdentityKey(identityKey(space, "an:id:with#all"))).toEqual({ space, externalId: "an:id:with#all" });
});

it("the store calls an account's own subject what the connectors call it", () => {
  const { people, subject } = prepare(sampleJob("acme", "clerk", "user.created", { person: { externalId: "user_1" } }));
  expect(people).toContain(identityKey(spaceOf("clerk"), "user_1"));
  expect(subject).toBe(accountSubject("user_1"));
});
