import { describe, expect, it } from "@jest/globals";
import type { Integration } from "@mara/store";
import { stateOf } from "./look.ts";

const QUIET: Integration["health"] = {
  contacts: 0,
  lastActivityAt: null,
  lastEventType: null,
  lastProblem: null,
  lastProblemAt: null,
  last24h: { processed: 0, ignored: 0, duplicate: 0, rejected: 0, failed: 0 },
  hours: [],
};

const rejected = (many: number) => ({ ...QUIET.last24h, rejected: many });

describe("an integration at a glance", () => {
  it.each([
    ["not-set-up", "without a secret", false, {}],
    ["not-set-up", "without one any more", false, { lastActivityAt: 5 }],
    ["waiting", "with a secret and no delivery", true, {}],
    ["flowing", "after a delivery", true, { lastActivityAt: 5 }],
    ["rejecting", "when all there was is rejected", true, { lastProblem: "mismatch", lastProblemAt: 5 }],
    ["rejecting", "when the last one was rejected", true, { lastActivityAt: 5, lastProblem: "mismatch", lastProblemAt: 6 }],
    ["unsigned", "when a stranger sends one without a signature", true, { lastActivityAt: 5, lastProblem: "missing", lastProblemAt: 6, last24h: rejected(1) }],
    ["rejecting", "when several came without a signature", true, { lastActivityAt: 5, lastProblem: "missing", lastProblemAt: 6, last24h: rejected(5) }],
    ["rejecting", "when a single one was signed with something else", true, { lastActivityAt: 5, lastProblem: "mismatch", lastProblemAt: 6, last24h: rejected(1) }],
    ["flowing", "when a right one came after one that was rejected", true, { lastActivityAt: 6, lastProblem: "mismatch", lastProblemAt: 5 }],
    ["failing", "when the last one failed", true, { lastActivityAt: 5, lastProblem: "the invoice names no customer", lastProblemAt: 5 }],
    ["flowing", "when a right one came after one that failed", true, { lastActivityAt: 6, lastProblem: "the invoice names no customer", lastProblemAt: 5 }],
  ] as const)("is %s %s", (state, _when, configured, health) => {
    expect(stateOf({ configured, health: { ...QUIET, ...health } })).toBe(state);
  });
});
