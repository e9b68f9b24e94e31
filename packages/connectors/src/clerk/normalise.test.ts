import { describe, expect, it } from "@jest/globals";
import { UnreadableEvent } from "../connector.ts";
import type { Json } from "../json.ts";
import { normalise } from "./normalise.ts";

const AT = Date.UTC(2026, 10, 2, 12);
const CHANGED = AT - 5000;
const user = { id: "user_1", first_name: "Ada", updated_at: CHANGED };

function event(type: string, data: Json, id = "msg_1") {
  return { id, type, occurredAt: AT, payload: { type, data } };
}

/** What `normalise` makes of an event that carries facts. */
function factsOf(type: string, data: Json, id?: string) {
  const { facts } = normalise(event(type, data, id));
  if (!facts) throw new Error("the event carries no facts");
  return facts;
}

describe("user.created", () => {
  it("is recorded as such", () => {
    expect(normalise(event("user.created", user)).table).toEqual({ kind: "moment", type: "user.created" });
    expect(factsOf("user.created", user).decide(null)).toEqual({
      moments: [
        {
          type: "user.created",
          repeatKey: "user.created",
          providerEventId: "msg_1",
          providerEventType: "user.created",
          occurredAt: AT,
          data: { userId: "user_1" },
        },
      ],
      amendments: [],
      history: null,
      ignored: null,
    });
  });

  it("says what was true when the user last changed", () => {
    expect(factsOf("user.created", user).asOf).toBe(CHANGED);
  });

  it("says what was true when it happened, where the user has no dates", () => {
    expect(factsOf("user.created", { id: "user_1" }).asOf).toBe(AT);
  });

  it("of one user under two event ids is one thing", () => {
    const [first, second] = ["msg_1", "msg_2"].map((id) => factsOf("user.created", user, id));
    expect(second?.subject).toEqual(first?.subject);
    expect(second?.decide(null).moments[0]?.repeatKey).toBe(first?.decide(null).moments[0]?.repeatKey);
  });
});

describe("user.updated", () => {
  it("is ignored, and carries who the user is now", () => {
    const { table, facts } = normalise(event("user.updated", user));
    expect(table).toMatchObject({ kind: "ignored" });
    expect(facts).toMatchObject({ asOf: CHANGED, subject: null });
    expect(facts?.person).toMatchObject({ externalId: "user_1", profile: { name: "Ada" } });
    expect(facts?.decide(null)).toMatchObject({ moments: [], history: null, ignored: expect.any(String) });
  });
});

describe("user.deleted", () => {
  const facts = factsOf("user.deleted", { id: "user_1", deleted: true, external_id: "app-1", updated_at: AT + 9000 });

  it("is recorded as such", () => {
    expect(facts.decide(null).moments).toMatchObject([{ type: "user.deleted", data: { userId: "user_1" } }]);
  });

  it("deactivates the person at the time of the event, and tells nothing else of them", () => {
    expect(facts).toMatchObject({ asOf: AT, subject: { kind: "user", id: "user_1" } });
    expect(facts.person).toEqual({
      externalId: "user_1",
      appIds: ["app-1"],
      emails: [],
      profile: {},
      attributes: {},
      attributesMode: "merge",
      deleted: true,
    });
  });

  it("is another thing than the user's creation", () => {
    expect(facts.decide(null).moments[0]?.repeatKey).not.toBe(
      factsOf("user.created", user).decide(null).moments[0]?.repeatKey,
    );
  });
});

describe("what Clerk sends beside users", () => {
  it.each([
    "session.created",
    "organization.created",
    "organizationMembership.created",
    "email.created",
    "subscription.created",
    "subscription.active",
    "invoice.payment_failed",
    "order.paid",
    "user",
    "user.created ",
    "__proto__",
  ])("%j is ignored for good, also where it reads like another provider's", (type) => {
    expect(normalise(event(type, user))).toEqual({
      table: { kind: "ignored", reason: expect.any(String) },
      facts: null,
    });
  });
});

describe("a user event is unreadable", () => {
  it.each<[string, Json]>([
    ["without an object", null],
    ["with a list for one", [user]],
    ["without an id", { first_name: "Ada" }],
    ["with an id that is no text", { id: 7 }],
    ["with an empty id", { id: "" }],
  ])("%s", (_, data) => {
    for (const type of ["user.created", "user.updated", "user.deleted"]) {
      expect(() => normalise(event(type, data))).toThrow(UnreadableEvent);
    }
  });
});
