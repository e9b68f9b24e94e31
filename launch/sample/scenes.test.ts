import { describe, expect, it } from "@jest/globals";
import { connectors, type Provider } from "@mara/connectors";
import { record, type Recorded } from "../../packages/connectors/test/recorder.ts";
import { NAMES, SCENES, type Person } from "./scenes.ts";
import { sampleOf } from "./story.ts";

const PEOPLE = [...new Set(SCENES.map(({ who }) => who))];

/** What is recorded of a person at a provider, in the order in which it happened. */
function lifeOf(who: Person, provider: Provider): Recorded[] {
  const theirs = SCENES.filter((scene) => scene.who === who && scene.provider === provider).toSorted((a, b) => a.day - b.day);
  const connector = connectors[provider];
  const events = theirs.map((scene) => {
    const { id, body } = sampleOf(scene, "run", 0);
    return connector.read({ id, body, receivedAt: 0 });
  });
  return record(connector, events);
}

const lives = PEOPLE.flatMap((who) => (["stripe", "polar"] as const).map((provider) => [who, provider] as const));
const canceled = lives.filter(([who, provider]) => lifeOf(who, provider).some(({ type }) => type === "subscription-canceled"));

describe("the story", () => {
  it.each(canceled)("ends the subscription that %s had at %s, and no other", (who, provider) => {
    const plans = lifeOf(who, provider).filter(({ type }) => type.startsWith("subscription-"));
    const [last] = plans.filter(({ type }) => type === "subscription-started" || type === "subscription-upgraded").slice(-1);
    const ends = plans.filter(({ type }) => type === "subscription-canceled");
    for (const { data } of ends) expect([data.plan, data.amount]).toEqual([last?.data.plan, last?.data.amount]);
  });

  it.each(lives)("gives nobody more back than they paid: %s at %s", (who, provider) => {
    const life = lifeOf(who, provider);
    const sumOf = (type: string) => life.filter((event) => event.type === type).reduce((sum, { data }) => sum + Number(data.amount), 0);
    expect(sumOf("refund-issued")).toBeLessThanOrEqual(sumOf("purchase"));
  });

  it.each(PEOPLE)("calls %s by their own name", (who) => {
    const scene = SCENES.find((candidate) => candidate.who === who && candidate.provider === "clerk");
    if (scene === undefined) throw new Error(`${who} never signs up`);
    const { body } = sampleOf(scene, "run", 0);
    const { data } = JSON.parse(body);
    expect([`${data.first_name} ${data.last_name}`, data.username]).toEqual([NAMES[who], expect.stringMatching(new RegExp(`^${who}_`))]);
  });
});
