import { describe, expect, it } from "@jest/globals";
import type { Person, Provider } from "@mara/connectors";
import { ContactGraph, viewOf } from "./graph.ts";
import { meet } from "./meet.ts";

const EMAIL = "ada@example.com";

function customer(externalId: string, attributes: Record<string, string>): Person {
  return {
    externalId,
    appIds: [],
    emails: [{ address: EMAIL, verified: true }],
    profile: { email: EMAIL },
    attributes,
    attributesMode: "merge",
    deleted: false,
  };
}

/** As large as an event's attributes can be. */
const large = (own: string): Record<string, string> => ({
  ...Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`key ${n}`, "x".repeat(1_000)])),
  [`a ${own}`]: own,
});

/** The one contact of people who share an address, each told a moment after the one before. */
function graphOf(people: readonly (readonly [Provider, Person])[], order = people.map((_, i) => i)): ContactGraph {
  let born = 0;
  const graph = new ContactGraph([], [], () => ({ id: `contact-${++born}`, createdAt: born }));
  for (const i of order) {
    const [provider, person] = people[i] ?? [];
    if (provider && person) meet(graph, provider, person, [i, i]);
  }
  return graph;
}

function contactOf(people: readonly (readonly [Provider, Person])[], order?: number[]) {
  const { contacts, identities } = graphOf(people, order).changes();
  const [contact] = contacts;
  if (!contact || contacts.length > 1) throw new Error("not one contact");
  return { contact, identities };
}

const kept = (people: readonly (readonly [Provider, Person])[], order?: number[]) => {
  const { contact } = contactOf(people, order);
  return [...contact.members.values()].filter(({ facts }) => facts.attributes !== undefined).map(({ externalId }) => externalId).sort();
};

describe("a contact of many customers", () => {
  const many = Array.from({ length: 40 }, (_, n) => ["stripe", customer(`cus_${10 + n}`, large(String(10 + n)))] as const);

  it("keeps no more of what they were told than can be loaded with every event, and that is what was told last", () => {
    const { contact, identities } = contactOf(many);
    const size = [...contact.members.values()].reduce((sum, { facts }) => sum + JSON.stringify(facts).length, 0);
    expect(size).toBeLessThan(300_000);
    expect(kept(many)).toEqual(["cus_47", "cus_48", "cus_49"]);
    expect(identities).toHaveLength(41);
    expect(viewOf(contact).attributes).toMatchObject({ "a 49": "49" });
  });

  it("is still found by each of them", () => {
    const { contact } = contactOf(many);
    expect([...contact.members.keys()].filter((key) => key.startsWith("stripe:"))).toHaveLength(40);
  });

  it("keeps the same of them in whatever order their events come", () => {
    expect(kept(many, many.map((_, i) => i).reverse())).toEqual(kept(many));
  });

  it("takes nothing for new that is older than what was forgotten", () => {
    const [graph, old] = [graphOf(many.slice(0, 30)), "cus_10"];
    graph.changes();
    const meetOld = (at: number, attributes: Record<string, string>) => meet(graph, "stripe", { ...customer(old, attributes), profile: { name: "Ada" } }, [at, at]);
    expect(meetOld(-1, { plan: "free" })?.facts).toEqual({ forgotten: [0, 0] });
    expect(meetOld(31, { plan: "pro" })?.facts).toMatchObject({ name: ["Ada", 31, 31], attributes: { plan: ["pro", 31, 31] } });
  });

  it("keeps the word of the person's own account, however long ago it was", () => {
    const people = [["clerk", { ...customer("user_1", large("own")), profile: { email: EMAIL, name: "Ada" } }] as const, ...many];
    expect(kept(people)).toContain("user_1");
    expect(viewOf(contactOf(people).contact)).toMatchObject({ name: "Ada", attributes: { "a own": "own" } });
  });

  it("keeps the word of the account even where that alone is too much", () => {
    const escaped = Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`key ${n}`, "\u0001".repeat(1_000)]));
    expect(kept([["clerk", customer("user_1", escaped)], ...many.slice(0, 9)])).toEqual(["user_1"]);
  });

  it("keeps all that hundreds of them were told where that is little", () => {
    const people = Array.from({ length: 400 }, (_, n) => ["stripe", customer(`cus_${n}`, { plan: "pro", seat: String(n) })] as const);
    expect(kept(people)).toHaveLength(400);
  });
});
