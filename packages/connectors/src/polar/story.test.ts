import { describe, expect, it } from "@jest/globals";
import { active, created, cycled, DAY, NEVER_TRIED, onDay, pastDue, START, updated } from "../../test/polar-events.ts";
import { told as toldBy } from "../../test/recorder.ts";
import type { ProviderEvent } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { polar } from "./index.ts";
import { normalise } from "./normalise.ts";
import { MAX_SIGHTINGS } from "./story.ts";

/** What is told of a subscription, in the order in which it is recorded. */
const told = (...events: ProviderEvent[]) => toldBy(polar, events);

describe("events of one time", () => {
  it("happened as they arrive where nothing tells their order", () => {
    expect(told(active(30, { ...NEVER_TRIED, modified_at: null }), pastDue(30, { modified_at: null }))).toEqual([
      "payment-failed by past_due on day 30",
    ]);
    expect(told(pastDue(30, { modified_at: null }), active(30, { ...NEVER_TRIED, modified_at: null }))).toEqual([
      "payment-failed by past_due on day 30",
      "payment-recovered by active on day 30",
    ]);
  });

  it("happened as the subscription was modified", () => {
    const recovered = active(30, { ...NEVER_TRIED, modified_at: onDay(33) });
    expect(told(recovered, pastDue(30))).toEqual([
      "payment-failed by past_due on day 30",
      "payment-recovered by active on day 30",
    ]);
  });

  it("happened after the creation", () => {
    expect(told(updated(0, 5000, { modified_at: null }), created())).toEqual([
      "subscription-started by created on day 0",
      "subscription-upgraded by updated on day 0",
    ]);
  });
});

describe("a history", () => {
  const decide = (event: ProviderEvent, history: JsonObject | null) => {
    const decision = normalise(event).facts?.decide(history);
    if (!decision) throw new Error("the event carries no facts");
    return decision;
  };
  const historyOf = (...events: ProviderEvent[]) =>
    events.reduce<JsonObject | null>((history, event) => decide(event, history).history, null);

  it("keeps no renewal nor update in the middle of a plan's time", () => {
    const years = Array.from({ length: 36 }, (_, month) => [cycled(month * 30), updated(month * 30 + 0.1)]).flat();
    const history = historyOf(created(), active(0), ...years);
    expect(history?.sightings).toHaveLength(3);
    expect(history?.forgottenUntil).toBeUndefined();
  });

  it("is bounded, however long and wide its story is", () => {
    const [id, text] = ["w".repeat(255), "w".repeat(999)];
    const wide = { currency: text, status: text, product_id: id, discount_id: id };
    let history: JsonObject | null = null;
    for (let day = 0; day < 200; day++) {
      history = decide(updated(day, day, { ...wide, product: { name: text } }), history).history;
      history = decide(pastDue(day + 0.5, wide), history).history;
    }
    expect(history?.sightings).toHaveLength(MAX_SIGHTINGS);
    expect(JSON.stringify(history).length).toBeLessThan(60_000);
  });

  it("is left alone by what happened before all that it remembers", () => {
    const failures = Array.from({ length: 40 }, (_, i) => pastDue(100 + i));
    const history = historyOf(...failures);
    const late = decide(created(0), history);
    expect(late.moments).toMatchObject([{ type: "subscription-started" }]);
    expect(late.history).toBe(history);
    expect(decide(active(110.5), history).moments).toEqual([]);
    expect(decide(active(139.5), history).moments).toMatchObject([{ repeatKey: `recovered ${START + 139 * DAY}` }]);
  });

  it.each([{}, { sightings: 7 }, { sightings: [{}] }, { refunds: [] }])("in another form tells nothing: %j", (odd) => {
    expect(decide(active(33), odd)).toMatchObject({ moments: [], ignored: "there was no trial" });
  });

  it("decides an event again as it did, and what it brought with it", () => {
    const recovery = active(33, { ...NEVER_TRIED, amount: 5000 });
    const first = decide(pastDue(30), historyOf(recovery, updated(35, 5000)));
    expect(first.moments.map(({ type }) => type)).toEqual(["payment-failed", "payment-recovered", "subscription-upgraded"]);
    expect(decide(pastDue(30), first.history)).toEqual(first);
    expect(decide(recovery, first.history).moments).toEqual(first.moments.slice(1, 2));
  });
});
