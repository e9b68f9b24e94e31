import { describe, expect, it } from "@jest/globals";
import { OPTIONS } from "../../../test/stripe-events.ts";
import { stripe } from "../index.ts";

const keys = Object.entries(stripe.samples);
const eventIn = (body: string) => stripe.read({ id: "", body, receivedAt: 0 });

describe("samples", () => {
  it.each(keys)("%s is an event of that type, at the time and of the size that it would have", (key, make) => {
    const sample = make(OPTIONS);
    expect(key.split(":")[0]).toBe(sample.type);
    expect(eventIn(sample.body)).toMatchObject({ id: sample.id, type: sample.type, occurredAt: OPTIONS.at });
    expect(sample.body.length).toBeLessThan(6_000);
  });

  it.each(keys)("%s is the same for the same seed, and another for another", (_key, make) => {
    expect(make(OPTIONS)).toEqual(make({ ...OPTIONS }));
    expect(make({ ...OPTIONS, seed: "Bob2" }).id).not.toBe(make(OPTIONS).id);
  });

  it("have an id each, also where they are of one seed", () => {
    expect(new Set(keys.map(([, make]) => make(OPTIONS).id)).size).toBe(keys.length);
  });

  it("show every type of the table, by default as the moment that it can become", () => {
    for (const { event } of stripe.mapping) {
      const make = new Map(keys).get(event);
      const table = make && stripe.normalise(eventIn(make(OPTIONS).body)).table;
      expect([event, table?.kind]).toEqual([event, "moment"]);
    }
  });

  it("of one seed are about one person", () => {
    const people = keys.flatMap(([, make]) => stripe.normalise(eventIn(make(OPTIONS).body)).facts?.person?.externalId ?? []);
    expect(new Set(people)).toEqual(new Set(["cus_Ada1"]));
  });

  it("are about the person that was asked for", () => {
    const person = { email: "grace@example.com", name: "Grace", externalId: "cus_Grace", appId: "user_7" };
    const { body } = stripe.samples["checkout.session.completed"]({ ...OPTIONS, person });
    expect(stripe.normalise(eventIn(body)).facts?.person).toMatchObject({
      externalId: "cus_Grace",
      appIds: ["user_7"],
      profile: { email: "grace@example.com", name: "Grace" },
    });
  });
});
