import { describe, expect, it } from "@jest/globals";
import {
  active,
  created,
  cycled,
  onDay,
  pastDue,
  subscriptionEvent,
  TRIED,
  updated,
} from "../../test/polar-events.ts";
import { told as toldBy } from "../../test/recorder.ts";
import type { ProviderEvent } from "../connector.ts";
import { polar } from "./index.ts";

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

  it("is repeated by a second active, such as that of a pause's end", () => {
    const repeated = [...failedAndRecovered, "payment-recovered by active on day 50 again"];
    expect(told(pastDue(30), active(33), active(50))).toEqual(repeated);
    expect(told(active(50), active(33), pastDue(30))).toEqual(repeated);
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

  it("is not told again by an active of a later period, which waits for its past_due", () => {
    const resumed = active(50, { ...TRIED, current_period_start: onDay(44) });
    expect(told(cycled(14, TRIED), resumed)).toEqual([conversion]);
    expect(told(cycled(14, TRIED), resumed, pastDue(44))).toEqual([
      conversion,
      "payment-failed by past_due on day 44",
      "payment-recovered by active on day 50",
    ]);
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
