import { describe, expect, it } from "@jest/globals";
import {
  active,
  created,
  cycled,
  NEVER_TRIED,
  onDay,
  pastDue,
  subscriptionEvent,
  TRIED,
  updated,
} from "../../test/polar-events.ts";
import { told as toldBy } from "../../test/recorder.ts";
import type { ProviderEvent } from "../connector.ts";
import { polar } from "./index.ts";
import { MAX_SIGHTINGS } from "./story.ts";

const canceled = (day: number, since = day) => subscriptionEvent("canceled", day, { canceled_at: onDay(since) });
const revoked = (day: number, since = day) => subscriptionEvent("revoked", day, { canceled_at: onDay(since) });

/** What is told of a subscription, in the order in which it is recorded. */
const told = (...events: ProviderEvent[]) => toldBy(polar, events);

describe("a subscription that starts", () => {
  it("starts once", () => {
    expect(told(created(), created(1))).toEqual([
      "subscription-started by created on day 0",
      "subscription-started by created on day 1 again",
    ]);
  });
});

describe("a payment that recovers", () => {
  const failedAndRecovered = ["payment-failed by past_due on day 30", "payment-recovered by active on day 33"];

  it("is told by the active after the past_due", () => {
    expect(told(pastDue(30), active(33))).toEqual(failedAndRecovered);
  });

  it("is told in this order where the active came first", () => {
    expect(told(active(33), pastDue(30))).toEqual(failedAndRecovered);
  });

  it("is told rather than a conversion, whatever the trial", () => {
    expect(told(pastDue(30), active(33, TRIED))).toEqual(failedAndRecovered);
    expect(told(pastDue(30), active(33, { trial_start: undefined, trial_end: undefined }))).toEqual(failedAndRecovered);
  });

  it("is not told by an active from before the failure", () => {
    expect(told(active(0), pastDue(30))).toEqual(["payment-failed by past_due on day 30"]);
    expect(told(pastDue(30), active(0))).toEqual(["payment-failed by past_due on day 30"]);
  });

  it("is not told by the start of a trial", () => {
    expect(told(pastDue(30), active(33, { ...TRIED, status: "trialing" }))).toEqual(["payment-failed by past_due on day 30"]);
  });

  it("is told once an episode", () => {
    expect(told(pastDue(30), active(33), pastDue(60), active(62))).toEqual([
      ...failedAndRecovered,
      "payment-failed by past_due on day 60",
      "payment-recovered by active on day 62",
    ]);
  });

  it.each([
    ["in its own period", { ...NEVER_TRIED, current_period_start: onDay(30) }],
    ["where periods are not told", { ...NEVER_TRIED, current_period_start: undefined }],
  ])("is repeated by a second active %s", (_, period) => {
    expect(told(pastDue(30), active(33, period), active(34, period))).toEqual([
      ...failedAndRecovered,
      "payment-recovered by active on day 34 again",
    ]);
  });

  it("is not told again by an active of another period, such as that of a pause's end", () => {
    expect(told(pastDue(30), active(33), active(200))).toEqual(failedAndRecovered);
    expect(told(active(200), active(33), pastDue(30))).toEqual(failedAndRecovered);
    expect(told(pastDue(30), active(33, TRIED), active(200, TRIED))).toEqual(failedAndRecovered);
  });

  const failedAndRecoveredAgain = [
    ...failedAndRecovered,
    "payment-failed by past_due on day 60",
    "payment-recovered by active on day 62",
  ];

  it.each([
    ["was never tried", NEVER_TRIED],
    ["was tried", TRIED],
    ["says nothing of trials", { trial_start: undefined, trial_end: undefined }],
  ])("is a second one where that overtakes its own past_due, of a subscription that %s", (_, trial) => {
    expect(told(pastDue(30), active(33, trial), active(62, trial), pastDue(60))).toEqual(failedAndRecoveredAgain);
  });

  it("is told for each failure, although an active overtook the whole episode before its own", () => {
    const [failed, failedAgain] = ["payment-failed by past_due on day 30", "payment-failed by past_due on day 60"];
    const [recovered, recoveredAgain] = ["payment-recovered by active on day 62", "payment-recovered by active on day 33"];
    const inTurn = [failed, recovered, failedAgain, recoveredAgain];
    expect(told(pastDue(30), active(62), pastDue(60), active(33))).toEqual(inTurn);
    expect(told(pastDue(30), active(62), active(33), pastDue(60))).toEqual(inTurn);
  });

  it("is one with the failure whose past_due was told twice", () => {
    expect(told(pastDue(30), pastDue(31, { past_due_at: onDay(30) }), active(33))).toEqual([
      "payment-failed by past_due on day 30",
      "payment-failed by past_due on day 31 again",
      "payment-recovered by active on day 33",
    ]);
  });

  it("of an episode without a date is named by its past_due", () => {
    expect(told(pastDue(30, { past_due_at: null }), active(33), pastDue(60, { past_due_at: null }), active(61))).toEqual([
      ...failedAndRecovered,
      "payment-failed by past_due on day 60",
      "payment-recovered by active on day 61",
    ]);
  });

  describe("and a subscription.recovered, should Polar come to send it,", () => {
    const recovered = (day: number) => subscriptionEvent("recovered", day);

    it("are one recovery, whichever comes first", () => {
      expect(told(pastDue(30), recovered(33), active(33.1))).toEqual([
        "payment-failed by past_due on day 30",
        "payment-recovered by recovered on day 33",
        "payment-recovered by active on day 33.1 again",
      ]);
    });

    it("are one recovery where the past_due comes late", () => {
      expect(told(recovered(33), active(33.1), pastDue(30))).toEqual([
        "payment-recovered by recovered on day 33",
        "payment-failed by past_due on day 30",
        "payment-recovered by active on day 33.1 again",
      ]);
      expect(told(recovered(33), pastDue(30), active(32.9))).toEqual([
        "payment-recovered by recovered on day 33",
        "payment-failed by past_due on day 30",
        "payment-recovered by active on day 32.9 again",
      ]);
    });

    it("are two where the active recovered an earlier failure", () => {
      expect(told(pastDue(30), pastDue(60), recovered(62), active(33))).toEqual([
        "payment-failed by past_due on day 30",
        "payment-failed by past_due on day 60",
        "payment-recovered by recovered on day 62",
        "payment-recovered by active on day 33",
      ]);
    });

    it("are a recovery without any past_due as well", () => {
      expect(told(recovered(33), recovered(34))).toEqual([
        "payment-recovered by recovered on day 33",
        "payment-recovered by recovered on day 34 again",
      ]);
    });
  });
});

describe("a trial that converts", () => {
  const conversion = "trial-converted by cycled on day 14";

  it("is told by the first paid period", () => {
    const trialing = { ...TRIED, status: "trialing" };
    const converts = [updated(14, 2000, TRIED), cycled(14, TRIED), cycled(44, TRIED)];
    expect(told(created(0, trialing), active(0, trialing), ...converts)).toEqual([
      "subscription-started by created on day 0",
      conversion,
    ]);
  });

  it("is told once, and repeated by what else says so", () => {
    expect(told(cycled(14, TRIED), cycled(14.1, { ...TRIED, current_period_start: onDay(14) }))).toEqual([
      conversion,
      "trial-converted by cycled on day 14.1 again",
    ]);
    expect(told(active(14, { ...TRIED, current_period_start: onDay(14) }), cycled(14, TRIED))).toEqual([
      "trial-converted by active on day 14",
      "trial-converted by cycled on day 14 again",
    ]);
  });

  it.each([
    ["the first", 16, 14],
    ["a later", 50, 44],
  ])("is not told again by an active of %s period, which waits for its past_due", (_, day, since) => {
    const resumed = active(day, { ...TRIED, current_period_start: onDay(since) });
    expect(told(cycled(14, TRIED), resumed)).toEqual([conversion]);
    expect(told(cycled(14, TRIED), resumed, pastDue(since + 0.1))).toEqual([
      conversion,
      `payment-failed by past_due on day ${since + 0.1}`,
      `payment-recovered by active on day ${day}`,
    ]);
  });

  it("is not told again by an active from before an active that was taken for it", () => {
    const mistaken = "trial-converted by active on day 63";
    expect(told(active(63, TRIED), active(33, TRIED), pastDue(30))).toEqual([
      mistaken,
      "payment-failed by past_due on day 30",
      "payment-recovered by active on day 33",
    ]);
  });

  it("is not made of an active that waits, when the conversion itself is forgotten", () => {
    const turns = Array.from({ length: MAX_SIGHTINGS - 2 }, (_, i) => pastDue(100 + i));
    const uncanceled = (day: number) => subscriptionEvent("uncanceled", day);
    const events = [cycled(14, TRIED), uncanceled(20), active(90, TRIED), ...turns, uncanceled(89)];
    expect(told(...events).filter((moment) => moment.startsWith("trial-converted"))).toEqual([conversion]);
  });
});

describe("a cancellation", () => {
  const first = "subscription-canceled by canceled on day 10";

  it("is told when it is planned, and repeated when it takes effect", () => {
    expect(told(canceled(10), canceled(30, 10), revoked(30, 10))).toEqual([
      first,
      "subscription-canceled by canceled on day 30 again",
      "subscription-canceled by revoked on day 30 again",
    ]);
  });

  it("is first told by whichever event comes first", () => {
    expect(told(revoked(30, 10), canceled(10))).toEqual(["subscription-canceled by revoked on day 30", `${first} again`]);
  });

  it("is new after one that was taken back, in any order", () => {
    const [uncanceled, second] = [subscriptionEvent("uncanceled", 15), "subscription-canceled by canceled on day 20"];
    expect(told(canceled(10), uncanceled, canceled(20))).toEqual([first, second]);
    expect(told(canceled(20), canceled(10), uncanceled)).toEqual([second, first]);
  });

  it("without a date goes on with the last, unless that was taken back", () => {
    const undated = (day: number) => subscriptionEvent("revoked", day, { canceled_at: null });
    const uncanceled = subscriptionEvent("uncanceled", 15);
    expect(told(canceled(10), undated(30))).toEqual([first, "subscription-canceled by revoked on day 30 again"]);
    expect(told(canceled(10), uncanceled, updated(20), undated(30))).toEqual([
      first,
      "subscription-canceled by revoked on day 30",
    ]);
    expect(told(uncanceled, undated(20), subscriptionEvent("uncanceled", 25), undated(30))).toEqual([
      "subscription-canceled by revoked on day 20",
      "subscription-canceled by revoked on day 30",
    ]);
    expect(told(undated(30), undated(31))).toEqual([
      "subscription-canceled by revoked on day 30",
      "subscription-canceled by revoked on day 31 again",
    ]);
    expect(told(canceled(10), uncanceled, undated(30), undated(31))).toEqual([
      first,
      "subscription-canceled by revoked on day 30",
      "subscription-canceled by revoked on day 31 again",
    ]);
  });
});
