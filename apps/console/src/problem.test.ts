import { describe, expect, it } from "@jest/globals";
import type { ConnectorHealth } from "@mara/store";
import { problemInWords } from "./problem.ts";

const QUIET = { processed: 0, ignored: 0, duplicate: 0, rejected: 0, failed: 0 };

function health(lastProblem: string | null, rejected = 0): ConnectorHealth {
  return {
    contacts: 0,
    lastActivityAt: null,
    lastEventType: null,
    lastProblem,
    lastProblemAt: lastProblem === null ? null : 0,
    last24h: { ...QUIET, rejected },
    hours: [],
  };
}

describe("the last problem in words", () => {
  it("is nothing where there was none", () => {
    expect(problemInWords({ provider: "stripe", health: health(null) })).toBeNull();
  });

  it.each([
    ["stripe", "mismatch", 1_200, "1,200 deliveries were rejected in the last 24 hours. The last one: the signature does not match. Paste the signing secret again."],
    ["stripe", "mismatch", 1, "1 delivery was rejected in the last 24 hours: the signature does not match. Paste the signing secret again."],
    ["clerk", "missing", 5, "5 deliveries were rejected in the last 24 hours. The last one: no signature came along. The sender is not the provider, or a proxy on the way drops headers."],
    ["polar", "missing", 1, "1 delivery was rejected in the last 24 hours: no signature came along. The sender is not the provider, or a proxy on the way drops headers. So few can be a stranger's, and nothing to mend: whatever is not signed changes nothing here."],
    ["stripe", "mismatch", 0, "Deliveries were rejected, none of them in the last 24 hours. The last one: the signature does not match. Paste the signing secret again."],
    ["stripe", "the subscription has no id", 0, "A Stripe event could not be processed: the subscription has no id. Replay its delivery once that is mended."],
    ["stripe", "constructor", 0, "A Stripe event could not be processed: constructor. Replay its delivery once that is mended."],
  ] as const)("says for %s what %s means, and what to do", (provider, reason, rejected, words) => {
    expect(problemInWords({ provider, health: health(reason, rejected) })).toBe(words);
  });

  it("warns of Polar while deliveries are rejected, because it switches endpoints off", () => {
    const warning = /Polar switches an endpoint off/;
    expect(problemInWords({ provider: "polar", health: health("stale", 3) })).toMatch(warning);
    expect(problemInWords({ provider: "polar", health: health("stale", 0) })).not.toMatch(warning);
  });
});
