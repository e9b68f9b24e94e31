import type { MappingRow } from "../connector.ts";
import type { Moment } from "../moments.ts";
import type { Order } from "./order.ts";
import { isKnown, isUpgrade } from "./plan.ts";
import { failureBefore, isRecoveryAgain, recoveryToTell } from "./recovery.ts";
import type { Sighting } from "./sighting.ts";
import { previousPlanIn, stretchOfPlan, type Scene } from "./story.ts";

/** A moment, or `contact`: nothing but who the customer is and their custom fields. */
type Becomes = Moment | "contact";

/**
 * The event's type, what it becomes, under which condition, and that in words. The first row that holds counts.
 * A condition is given the event's scene where there is a history to look at, and null where the event stands alone.
 */
type Row<T> = readonly [event: string, becomes: Becomes, when: (about: T, scene: Scene | null) => boolean, words: string];

/** What Polar sends when: https://polar.sh/docs/integrate/webhooks/events. */
const SUBSCRIPTION_ROWS: readonly Row<Sighting>[] = [
  ["subscription.created", "subscription-started", always, ""],
  ["subscription.active", "contact", trialStarts, "a trial starts"],
  ["subscription.active", "payment-recovered", isPastDue, "the subscription was past due"],
  ["subscription.active", "contact", neverTried, "there was no trial"],
  ["subscription.active", "contact", isSettled, "the trial had converted, or the failure had recovered, already"],
  ["subscription.active", "trial-converted", always, "otherwise"],
  ["subscription.cycled", "trial-converted", paidPeriodsBegin, "the period starts where the trial ended"],
  ["subscription.cycled", "contact", always, "a renewal"],
  ["subscription.updated", "subscription-upgraded", movedUpward, "product, price or seats moved upward"],
  ["subscription.updated", "contact", always, "nothing is known to have moved upward"],
  ["subscription.upgraded", "subscription-upgraded", always, ""],
  ["subscription.canceled", "subscription-canceled", always, ""],
  ["subscription.uncanceled", "contact", always, "a cancellation is taken back"],
  ["subscription.revoked", "subscription-canceled", always, ""],
  ["subscription.past_due", "payment-failed", always, ""],
  ["subscription.recovered", "payment-recovered", always, ""],
];

const ORDER_ROWS: readonly Row<Order>[] = [
  ["order.paid", "purchase", ({ isOneTime }) => isOneTime, "the order is not tied to a subscription"],
  ["order.paid", "contact", always, "the order belongs to a subscription"],
  ["order.refunded", "refund-issued", always, ""],
];

/** Events that the table promises and today's Polar does not send, and what brings their moments instead. */
const SENT_INSTEAD: ReadonlyMap<string, string> = new Map([
  ["subscription.upgraded", "subscription.updated"],
  ["subscription.recovered", "subscription.active"],
]);

/** The table for people. */
export const mapping: readonly MappingRow[] = [...SUBSCRIPTION_ROWS, ...ORDER_ROWS].map(([event, becomes, , when]) => {
  const sentInstead = SENT_INSTEAD.get(event);
  return { event, becomes, when, ...(sentInstead !== undefined && { sentInstead }) };
});

const SUBSCRIPTION_ROWS_OF = byEvent(SUBSCRIPTION_ROWS);
const ORDER_ROWS_OF = byEvent(ORDER_ROWS);

/** Which of Polar's objects an event type of the table is about; null for all the others. */
export function subjectOf(type: string): "subscription" | "order" | null {
  if (SUBSCRIPTION_ROWS_OF.has(type)) return "subscription";
  return ORDER_ROWS_OF.has(type) ? "order" : null;
}

/** What a row says. */
export interface Mapped {
  readonly becomes: Becomes;
  readonly words: string;
}

/** What an event becomes: by itself where `scene` is null, otherwise as part of its subscription's story. */
export function mapSubscription(sighting: Sighting, scene: Scene | null): Mapped {
  return firstOf(SUBSCRIPTION_ROWS_OF.get(sighting.type), sighting, scene);
}

export function mapOrder(type: string, order: Order): Mapped {
  return firstOf(ORDER_ROWS_OF.get(type), order, null);
}

function firstOf<T>(rows: readonly Row<T>[] | undefined, about: T, scene: Scene | null): Mapped {
  const row = rows?.find(([, , when]) => when(about, scene));
  return row ? { becomes: row[1], words: row[3] } : { becomes: "contact", words: "no row of the mapping table holds" };
}

function byEvent<T>(rows: readonly Row<T>[]): ReadonlyMap<string, readonly Row<T>[]> {
  return new Map(rows.map(([event]) => [event, rows.filter((row) => row[0] === event)]));
}

function always(): boolean {
  return true;
}

/** Polar tells of a trial's start as of any other start of being active. */
function trialStarts({ status }: Sighting): boolean {
  return status === "trialing";
}

function neverTried(sighting: Sighting): boolean {
  return sighting.neverTried === true;
}

/** `past_due_at` is cleared by the time that the recovery is told: only the story has it. */
function isPastDue(_: Sighting, scene: Scene | null): boolean {
  return scene !== null && (recoveryToTell(scene) !== null || isRecoveryAgain(scene));
}

/**
 * Then it was resumed, or it recovers and its past_due is still to come: it is left to wait for that, undecided. Only one
 * that comes while neither a conversion nor a failure is known can't wait, because the table promises it as a conversion.
 */
function isSettled(_: Sighting, scene: Scene | null): boolean {
  if (scene === null) return false;
  const converted = [...scene.before, ...scene.after].some(({ told }) => told?.moment === "trial-converted");
  return converted || failureBefore(scene) !== undefined;
}

/** The table promises nothing for a renewal, so this is for the story to tell. */
function paidPeriodsBegin({ periodStart, trialEnd }: Sighting, scene: Scene | null): boolean {
  return scene !== null && trialEnd !== undefined && periodStart === trialEnd;
}

/** Against the plan before, once for each stretch of a plan: Polar sends the same update several times. */
function movedUpward({ plan }: Sighting, scene: Scene | null): boolean {
  const previous = scene && previousPlanIn(scene)?.plan;
  if (!previous || !isKnown(plan) || !isUpgrade(previous, plan)) return false;
  return stretchOfPlan(scene).every(({ told }) => told?.moment !== "subscription-upgraded");
}
