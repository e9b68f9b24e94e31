import { describe, expect, it } from "@jest/globals";
import { displayNameOf } from "./person.tsx";

const email = "ada@example.com";

describe("what a contact is called", () => {
  it.each([
    ["its name", { name: "Ada", email, username: "ada" }, "Ada"],
    ["its e-mail address, without a name", { name: null, email, username: "ada" }, email],
    ["its e-mail address, where nobody could see the name", { name: "\u200b \u3164\u2800", email, username: null }, email],
    ["a name that is written with what nobody sees", { name: "\u202e\u05d0", email, username: null }, "\u202e\u05d0"],
    ["nothing, where there is nothing to be seen", { name: "\u00ad", email: null, username: "\u2060" }, "Somebody without a name"],
  ])("is %s", (_what, contact, called) => {
    expect(displayNameOf(contact)).toBe(called);
  });
});
