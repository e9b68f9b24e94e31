import { trouble, type Logger } from "@mara/runtime";
import { UNAVAILABLE_REASONS, type Outcome, type UnavailableReason } from "./outcome.ts";

/** @param error where there is one, its code is told beside the reason. */
export type Refuse = (reason: UnavailableReason, error?: Error) => Outcome;

/** Has a delivery sent back, and says why in the log: each reason by itself, so that none is passed over while another lasts. */
export function createRefuse(log: Logger): Refuse {
  const says = new Map(
    UNAVAILABLE_REASONS.map((reason) => [reason, trouble(log.child({ reason }), "deliveries are answered 503")]),
  );
  return (reason, error = plain(reason)) => {
    says.get(reason)?.(error);
    return { kind: "unavailable", reason };
  };
}

/** Without a stack, which could tell no more than where this line is. */
function plain(code: UnavailableReason): Error {
  return Object.assign(new Error(code), { code, stack: "" });
}
