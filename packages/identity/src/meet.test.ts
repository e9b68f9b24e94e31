import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Person, Provider } from "@mara/connectors";
import { ContactGraph, viewOf } from "./graph.ts";
import { meet } from "./meet.ts";
import { identityKey, type Identity, type Stamp } from "./identity.ts";

interface Told {
  readonly provider: Provider;
  readonly person: Person;
  readonly at: number;
  /** `at`, unless it is told. */
  readonly receivedAt?: number;
}

let born = 0;
const emptyGraph = () => new ContactGraph([], [], () => ({ id: `contact-${++born}`, createdAt: born }));

function person(
  externalId: string | null,
  { appIds = [], email, verified = true, name, attributes = {}, deleted = false, snapshot = false }: {
    appIds?: string[]; email?: string; verified?: boolean; name?: string;
    attributes?: Record<string, string>; deleted?: boolean; snapshot?: boolean;
  } = {},
): Person {
  return {
    externalId,
    appIds,
    emails: email ? [{ address: email, verified }] : [],
    profile: { ...(email ? { email } : {}), ...(name ? { name } : {}) },
    attributes,
    attributesMode: snapshot ? "snapshot" : "merge",
    deleted,
  };
}

const stripe = (at: number, ...rest: Parameters<typeof person>): Told => ({ provider: "stripe", at, person: person(...rest) });
const polar = (at: number, ...rest: Parameters<typeof person>): Told => ({ provider: "polar", at, person: person(...rest) });
const clerk = (at: number, ...rest: Parameters<typeof person>): Told => ({ provider: "clerk", at, person: person(...rest) });

/** What the contacts look like to anyone who does not know their ids. */
function contactsAfter(history: readonly Told[]) {
  const graph = emptyGraph();
  const met: Identity[] = [];
  for (const { provider, person: who, at, receivedAt = at } of history) {
    const stamp: Stamp = [at, receivedAt];
    const identity = meet(graph, provider, who, stamp);
    if (identity) met.push(identity);
  }
  const contacts = new Set(met.map((identity) => graph.contactOf(identity)));
  return [...contacts]
    .map((contact) => ({
      ...viewOf(contact),
      known: [...contact.members.values()].map((m) => `${m.provider}:${m.externalId}`).sort(),
    }))
    .sort((a, b) => (a.known.join() < b.known.join() ? -1 : 1));
}

describe("one person is one contact", () => {
  const cases: [string, Told[], string[][]][] = [
    ["an unknown customer id with a known e-mail joins that contact",
      [clerk(1, "user_1", { email: "a@x.io" }), stripe(2, "cus_1", { email: "a@x.io" })],
      [["clerk:user_1", "email:a@x.io", "stripe:cus_1"]]],
    ["a customer id that turns out to carry another contact's e-mail merges the two",
      [stripe(1, "cus_1"), clerk(2, "user_1", { email: "a@x.io" }), stripe(3, "cus_1", { email: "a@x.io" })],
      [["clerk:user_1", "email:a@x.io", "stripe:cus_1"]]],
    ["several customer ids of one billing provider are one contact",
      [stripe(1, "cus_1", { email: "a@x.io" }), stripe(2, "cus_2", { email: "a@x.io" })],
      [["email:a@x.io", "stripe:cus_1", "stripe:cus_2"]]],
    ["equal ids of the tenant's own are one person, whatever the e-mails say",
      [clerk(1, "user_1", { email: "a@x.io" }), polar(2, "pol_1", { appIds: ["user_1"], email: "b@x.io" })],
      [["clerk:user_1", "email:a@x.io", "email:b@x.io", "polar:pol_1"]]],
    ["Clerk's external id links as well",
      [clerk(1, "user_1", { appIds: ["77"] }), stripe(2, null, { appIds: ["77"], email: "b@x.io" })],
      [["app:77", "clerk:user_1", "email:b@x.io"]]],
    ["a guest is known by the e-mail alone",
      [stripe(1, null, { email: "a@x.io" }), stripe(2, "cus_1", { email: "a@x.io" })],
      [["email:a@x.io", "stripe:cus_1"]]],
    ["an unverified address never takes over another contact",
      [stripe(1, "cus_1", { email: "a@x.io" }), clerk(2, "user_1", { email: "a@x.io", verified: false })],
      [["clerk:user_1"], ["email:a@x.io", "stripe:cus_1"]]],
    ["nor does anyone join by an address that nobody verified",
      [clerk(1, "user_1", { email: "a@x.io", verified: false }), stripe(2, "cus_1", { email: "a@x.io" })],
      [["clerk:user_1"], ["email:a@x.io", "stripe:cus_1"]]],
    ["an address that nobody verified is shown by whoever named it last",
      [clerk(1, "user_1", { email: "a@x.io", verified: false }), clerk(2, "user_2", { email: "a@x.io", verified: false })],
      [["clerk:user_1"], ["clerk:user_2", "email:a@x.io"]]],
    ["two Clerk users are two contacts; the address goes with the newer verified claim",
      [clerk(1, "user_1", { email: "a@x.io" }), clerk(2, "user_2", { email: "a@x.io" })],
      [["clerk:user_1"], ["clerk:user_2", "email:a@x.io"]]],
    ["an id beats an e-mail: a customer moves from the contact it was mailed to",
      [clerk(1, "user_1", { email: "a@x.io" }), clerk(2, "user_2", { email: "b@x.io" }),
        stripe(3, "cus_1", { email: "a@x.io" }), stripe(4, "cus_1", { appIds: ["user_2"] })],
      [["clerk:user_1", "email:a@x.io"], ["clerk:user_2", "email:b@x.io", "stripe:cus_1"]]],
    ["ids that are only later known to be two Clerk users part again",
      [polar(1, "pol_1", { appIds: ["user_1"] }), polar(2, "pol_1", { appIds: ["user_2"] }),
        clerk(3, "user_1"), clerk(4, "user_2")],
      [["clerk:user_1"], ["clerk:user_2", "polar:pol_1"]]],
    ["one customer that paid for two users goes with the user named last",
      [stripe(1, "cus_org", { appIds: ["user_1"], email: "a@x.io" }), stripe(2, "cus_org", { appIds: ["user_2"], email: "b@x.io" }),
        clerk(3, "user_1", { email: "a@x.io" }), clerk(4, "user_2", { email: "b@x.io" })],
      [["clerk:user_1", "email:a@x.io"], ["clerk:user_2", "email:b@x.io", "stripe:cus_org"]]],
    ["an address that no user claimed before brings along the customers that it alone leads to",
      [stripe(1, "cus_org", { appIds: ["user_1"] }), stripe(2, "cus_org", { appIds: ["user_2"], email: "b@x.io" }),
        stripe(3, "cus_2", { email: "b@x.io" }), clerk(4, "user_1"), clerk(5, "user_2", { email: "b@x.io" })],
      [["clerk:user_1"], ["clerk:user_2", "email:b@x.io", "stripe:cus_2", "stripe:cus_org"]]],
    ["an id of the tenant's own goes to the user who carries it, with the customers that are linked to it",
      [clerk(1, "user_1", { email: "a@x.io" }), stripe(2, "cus_77", { appIds: ["77"], email: "a@x.io" }),
        clerk(3, "user_2", { appIds: ["77"] })],
      [["app:77", "clerk:user_2", "stripe:cus_77"], ["clerk:user_1", "email:a@x.io"]]],
    ["an address that two users pay with stays with the one it was told with first",
      [clerk(1, "user_1", { email: "a@x.io" }), clerk(2, "user_2", { email: "b@x.io" }),
        stripe(3, "cus_1", { appIds: ["user_1"], email: "org@x.io" }), stripe(4, "cus_2", { appIds: ["user_2"], email: "org@x.io" })],
      [["clerk:user_1", "email:a@x.io", "email:org@x.io", "stripe:cus_1"], ["clerk:user_2", "email:b@x.io", "stripe:cus_2"]]],
    ["ids that are only later known to be two Clerk users take along the address that they were told with",
      [stripe(1, "cus_1", { appIds: ["user_1"], email: "org@x.io" }), stripe(2, "cus_org", { appIds: ["user_2"] }),
        stripe(3, "cus_org", { appIds: ["user_1"] }), clerk(4, "user_2"), clerk(5, "user_1")],
      [["clerk:user_1", "email:org@x.io", "stripe:cus_1", "stripe:cus_org"], ["clerk:user_2"]]],
    ["a customer that goes on to another user takes along the address that nobody else told",
      [clerk(1, "user_1"), clerk(2, "user_2"), stripe(3, "cus_org", { appIds: ["user_1"] }),
        stripe(4, "cus_org", { email: "org@x.io" }), stripe(5, "cus_org", { appIds: ["user_2"] })],
      [["clerk:user_1"], ["clerk:user_2", "email:org@x.io", "stripe:cus_org"]]],
    ["a customer that goes on to another user takes along who is known by its address alone",
      [clerk(1, "user_1"), clerk(2, "user_2"), polar(3, "pol_1", { email: "org@x.io" }), stripe(4, "cus_org", { email: "org@x.io" }),
        stripe(5, "cus_org", { appIds: ["user_1"] }), stripe(6, "cus_org", { appIds: ["user_2"] })],
      [["clerk:user_1"], ["clerk:user_2", "email:org@x.io", "polar:pol_1", "stripe:cus_org"]]],
    ["of two users who carry one id of the tenant's own, it goes with the newer claim",
      [clerk(1, "user_1", { appIds: ["77"] }), clerk(2, "user_2", { appIds: ["77"] })],
      [["app:77", "clerk:user_2"], ["clerk:user_1"]]],
  ];
  it.each(cases)("%s", (_name, history, expected) => {
    expect(contactsAfter(history).map((c) => c.known)).toEqual(expected);
    expect(contactsAfter([...history].reverse()).map((c) => c.known)).toEqual(expected);
  });

  it("a customer that goes on to another user leaves an address behind that another customer told as well", () => {
    const history = [
      clerk(1, "user_1"), clerk(2, "user_2"), stripe(3, "cus_1", { appIds: ["user_1"] }), stripe(4, "cus_1", { email: "org@x.io" }),
      stripe(5, "cus_2", { appIds: ["user_1"] }), stripe(6, "cus_2", { email: "org@x.io" }), stripe(7, "cus_2", { appIds: ["user_2"] }),
    ];
    expect(contactsAfter(history).map((c) => c.known)).toEqual([
      ["clerk:user_1", "email:org@x.io", "stripe:cus_1"],
      ["clerk:user_2", "stripe:cus_2"],
    ]);
  });

  it("nobody is met where an event names nobody", () => {
    expect(meet(emptyGraph(), "stripe", person(null), [1, 1])).toBeNull();
  });
});

describe("what a contact shows", () => {
  it("is the newest that was told, whatever came last", () => {
    const [contact] = contactsAfter([stripe(2, "cus_1", { name: "New" }), stripe(1, "cus_1", { name: "Old" })]);
    expect(contact?.name).toBe("New");
  });

  it("goes by arrival where the provider dates two events alike", () => {
    const [contact] = contactsAfter([stripe(1, "cus_1", { name: "First" }), stripe(1, "cus_1", { name: "Second" })]);
    expect(contact?.name).toBe("Second");
  });

  it("goes by receipt where the provider dates events alike, in whatever order they are worked off", () => {
    const told = (receivedAt: number, name: string) => ({ ...stripe(1, "cus_1", { name, attributes: { team: name } }), receivedAt });
    const [first, second, third] = [told(1, "A"), told(2, "B"), told(3, "A")];
    expect(contactsAfter([first, third, second])).toMatchObject([{ name: "A", attributes: { team: "A" } }]);
    expect(contactsAfter([first, second, third])).toMatchObject([{ name: "A", attributes: { team: "A" } }]);
  });

  it("is a name that somebody tells, where a newer word is that there is none", () => {
    const nameless: Told = { provider: "polar", at: 2, person: { ...person("pol_1", { email: "a@x.io" }), profile: { name: null } } };
    expect(contactsAfter([stripe(1, "cus_1", { email: "a@x.io", name: "Ada" }), nameless])).toMatchObject([{ name: "Ada" }]);
  });

  it("is the first of its other addresses, where the one that was told is another's by now", () => {
    const emails = ["a@x.io", "c@x.io", "b@x.io"].map((address) => ({ address, verified: true }));
    const user: Told = { provider: "clerk", at: 1, person: { ...person("user_1", { email: "a@x.io" }), emails } };
    const contacts = contactsAfter([user, clerk(2, "user_2", { email: "a@x.io" })]);
    expect(contacts.map(({ email }) => email)).toEqual(["b@x.io", "a@x.io"]);
  });

  it("is no address that Clerk says is gone, though it still leads to the contact", () => {
    const addressless = person("user_1");
    const told: Told[] = [
      clerk(1, "user_1", { email: "a@x.io" }),
      { provider: "clerk", at: 2, person: { ...addressless, profile: { email: null } } },
    ];
    const expected = [{ email: null, known: ["clerk:user_1", "email:a@x.io"] }];
    expect(contactsAfter(told)).toMatchObject(expected);
    expect(contactsAfter([...told].reverse())).toMatchObject(expected);
    expect(contactsAfter([...told, stripe(3, "cus_1", { email: "a@x.io" })])).toMatchObject([{ email: "a@x.io" }]);
  });

  it("is what Clerk says of the profile before what a billing provider says", () => {
    const [contact] = contactsAfter([
      clerk(1, "user_1", { email: "me@x.io", name: "Me" }),
      polar(2, "pol_1", { appIds: ["user_1"], email: "billing@x.io", name: "Company" }),
    ]);
    expect(contact).toMatchObject({ email: "me@x.io", name: "Me" });
  });

  it("is not Clerk's word where a billing provider tells it under a Clerk user's id, and Clerk's word does not undo it", () => {
    const told = [
      clerk(1, "user_1", { email: "me@x.io", name: "Me", snapshot: true, attributes: { role: "admin" } }),
      stripe(2, null, { appIds: ["user_1"], email: "billing@x.io", name: "Company", attributes: { campaign: "spring" } }),
      clerk(3, "user_1", { email: "me@x.io", name: "Me", snapshot: true, attributes: { role: "owner" } }),
    ];
    const expected = { email: "me@x.io", name: "Me", attributes: { role: "owner", campaign: "spring" } };
    expect(contactsAfter(told)).toMatchObject([expected]);
    expect(contactsAfter([...told].reverse())).toMatchObject([expected]);
  });

  it("stays with the id that was named beside it when the customer goes on to another", () => {
    const contacts = contactsAfter([
      clerk(1, "user_1", { email: "a@x.io" }),
      clerk(1, "user_2", { email: "b@x.io" }),
      stripe(2, "cus_org", { appIds: ["user_1"], attributes: { seat: "a" } }),
      stripe(3, "cus_org", { appIds: ["user_2"], attributes: { seats: "2" } }),
    ]);
    expect(contacts.map(({ email, attributes }) => [email, attributes])).toEqual([["a@x.io", { seat: "a" }], ["b@x.io", { seats: "2" }]]);
  });

  it("keeps a newer attribute when those of an older order are told again", () => {
    const old = { ...person("pol_1", { attributes: { plan: "starter" } }), attributesAsOf: 1 };
    const [contact] = contactsAfter([polar(2, "pol_1", { attributes: { plan: "pro" } }), { provider: "polar", at: 3, person: old }]);
    expect(contact?.attributes).toEqual({ plan: "pro" });
  });

  it("of attributes that are as old as one order keeps those that were told last, whichever event came first", () => {
    const toldAt = (at: number, plan: string): Told => ({
      provider: "polar", at, receivedAt: 10 - at, person: { ...person("pol_1", { attributes: { plan } }), attributesAsOf: 1 },
    });
    for (const history of [[toldAt(2, "free"), toldAt(3, "pro")], [toldAt(3, "pro"), toldAt(2, "free")]]) {
      expect(contactsAfter(history)).toMatchObject([{ attributes: { plan: "pro" } }]);
    }
  });

  it("drops an attribute that a newer whole snapshot lacks", () => {
    const [contact] = contactsAfter([
      clerk(1, "user_1", { snapshot: true, attributes: { plan: "pro", team: "a" } }),
      clerk(2, "user_1", { snapshot: true, attributes: { plan: "max" } }),
    ]);
    expect(contact?.attributes).toEqual({ plan: "max" });
  });

  it("stays deactivated when an older update comes after the deletion", () => {
    const [contact] = contactsAfter([
      clerk(5, "user_1", { deleted: true }),
      clerk(3, "user_1", { email: "a@x.io", name: "A" }),
      clerk(9, "user_1", { name: "B" }),
    ]);
    expect(contact).toMatchObject({ deactivatedAt: 5, name: "B", email: "a@x.io" });
  });

  it("has at most fifty attributes, the same ones in any order", () => {
    const many = (prefix: string, at: number) =>
      stripe(at, "cus_1", { attributes: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${prefix}${i}`, "v"])) });
    const [one] = contactsAfter([many("a", 1), many("b", 2)]);
    const [other] = contactsAfter([many("b", 2), many("a", 1)]);
    expect(Object.keys(one?.attributes ?? {})).toHaveLength(50);
    expect(other?.attributes).toEqual(one?.attributes);
  });
});

/**
 * Histories in which every Clerk user keeps addresses of its own: then any order must end in the same contacts.
 * (Where two Clerk users claim one address, customers that were linked by that address alone stay with whom they met.)
 */
const history = fc
  .array(
    fc.record({
      kind: fc.constantFrom("clerk", "stripe", "polar", "guest"),
      human: fc.integer({ min: 0, max: 2 }),
      customer: fc.integer({ min: 0, max: 2 }),
      tell: fc.constantFrom("email", "app", "both", "none"),
      name: fc.constantFrom("Ada", "Bob", "Eve", undefined),
      attribute: fc.constantFrom("x", "y", undefined),
      deleted: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((rows) =>
    rows.map((row, i): Told => {
      const at = i + 1;
      const email = `h${row.human}@x.io`;
      const rest = {
        ...(row.name ? { name: row.name } : {}),
        attributes: row.attribute ? { [row.attribute]: `v${at}` } : {},
      };
      const named = {
        ...(row.tell === "email" || row.tell === "both" ? { email } : {}),
        ...(row.tell === "app" || row.tell === "both" ? { appIds: [`user_${row.human}`] } : {}),
      };
      if (row.kind === "clerk") return clerk(at, `user_${row.human}`, { email, deleted: row.deleted, snapshot: true, ...rest });
      if (row.kind === "guest") return stripe(at, null, { email, ...rest });
      const make = row.kind === "stripe" ? stripe : polar;
      return make(at, `c${row.human}-${row.customer}`, { ...named, ...rest });
    }),
  );

/** Two Clerk users who pay with one address that is neither's, as customers of their own, as one, or as guests. */
const shared = fc
  .array(
    fc.record({
      who: fc.constantFrom(0, 1, null),
      customer: fc.constantFrom("own", "org", null),
      email: fc.constantFrom(undefined, "org@x.io"),
      attribute: fc.constantFrom("x", undefined),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((rows): Told[] => [
    ...[0, 1].map((who) => clerk(who, `user_${who}`, { email: `${who}@x.io` })),
    ...rows.map(({ who, customer, email, attribute }, i) =>
      stripe(i + 2, customer === "own" ? `cus_${who}` : customer, {
        appIds: who === null ? [] : [`user_${who}`],
        ...(email === undefined ? {} : { email }),
        attributes: attribute ? { [attribute]: `v${i}` } : {},
      }),
    ),
  ]);

/** Two Clerk users, and customers that come with any of their addresses and ids, before and after Clerk told of them. */
const entangled = fc
  .array(
    fc.record({
      kind: fc.constantFrom("clerk", "stripe", "polar"),
      who: fc.integer({ min: 0, max: 1 }),
      customer: fc.constantFrom(null, "c0", "c1"),
      email: fc.constantFrom(undefined, "a@x.io", "b@x.io"),
      isLinked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((rows) =>
    rows.map(({ kind, who, customer, email, isLinked }, i): Told => {
      const rest = email === undefined ? {} : { email };
      if (kind === "clerk") return clerk(i + 1, `user_${who}`, rest);
      return (kind === "stripe" ? stripe : polar)(i + 1, customer, { ...rest, appIds: isLinked ? [`user_${who}`] : [] });
    }),
  );

describe("an address that Clerk users claimed", () => {
  it("takes no customer along who paid with it while it was another user's", () => {
    const history = [clerk(1, "user_1", { email: "a@x.io" }), stripe(2, "cus_1", { email: "a@x.io" }), clerk(3, "user_2", { email: "a@x.io" })];
    expect(contactsAfter(history).map(({ known }) => known)).toEqual([["clerk:user_1", "stripe:cus_1"], ["clerk:user_2", "email:a@x.io"]]);
  });

  it("keeps no id of whoever paid with it before", () => {
    const graph = emptyGraph();
    for (const { provider, person: who, at } of [
      clerk(1, "user_1"), stripe(2, "cus_1", { appIds: ["user_1"], email: "org@x.io" }), clerk(3, "user_2", { email: "org@x.io" }),
    ]) meet(graph, provider, who, [at, at]);
    expect(graph.identity(identityKey("email", "org@x.io"))?.facts).toEqual({ claim: [3, 3] });
  });

  it("is with the one whose verified claim is the newest, whatever customers were met before and in between", () => {
    fc.assert(
      fc.property(entangled, (history) => {
        const contacts = contactsAfter(history);
        const newest = new Map(
          history.flatMap(({ provider, person: { externalId, emails } }) =>
            provider === "clerk" ? emails.map(({ address }) => [address, externalId] as const) : [],
          ),
        );
        for (const [address, user] of newest) {
          expect(contacts.filter(({ known }) => known.includes(`email:${address}`)).map(({ known }) => known)).toEqual([
            expect.arrayContaining([`clerk:${user}`]),
          ]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("any order ends in the same contacts", () => {
  const orders = <T>(items: readonly T[]): T[][] =>
    items.length < 2 ? [[...items]] : items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));

  it("where a Clerk user shows an address that they never verified, and that a customer goes on with to another", () => {
    const user: Told = {
      ...clerk(3, "user_1", { email: "b@x.io" }),
      person: { ...person("user_1", { email: "b@x.io" }), emails: [{ address: "b@x.io", verified: false }, { address: "a@x.io", verified: true }] },
    };
    const history = [
      stripe(1, "cus_1", { email: "b@x.io" }),
      stripe(2, "cus_1", { appIds: ["7"], email: "a@x.io" }),
      user,
      clerk(4, "user_2", { appIds: ["7"] }),
    ];
    const [first, ...others] = orders(history).map(contactsAfter);
    for (const contacts of others) expect(contacts).toEqual(first);
    expect(first?.map(({ known, email }) => [known, email])).toEqual([
      [["app:7", "clerk:user_2", "email:b@x.io", "stripe:cus_1"], "b@x.io"],
      [["clerk:user_1", "email:a@x.io"], "a@x.io"],
    ]);
  });

  it.each([
    ["people whose addresses are their own", history],
    ["users who pay with one address", shared],
  ])("for shuffled and repeated histories of %s", (_whose, histories) => {
    fc.assert(
      fc.property(
        histories.chain((told) =>
          fc.tuple(
            fc.constant(told),
            fc.shuffledSubarray(told, { minLength: told.length, maxLength: told.length }),
            fc.subarray(told),
          ),
        ),
        ([told, shuffled, again]) => {
          expect(contactsAfter([...shuffled, ...again])).toEqual(contactsAfter(told));
        },
      ),
      { numRuns: 500 },
    );
  });
});
