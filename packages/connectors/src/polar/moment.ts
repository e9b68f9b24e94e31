import type { DecidedMoment, EventData } from "../connector.ts";
import type { Moment } from "../moments.ts";
import { isoTime } from "../time.ts";
import { planData, planKey } from "./plan.ts";
import { episodeOf, recoveryIn } from "./recovery.ts";
import type { Told } from "./sighting.ts";
import { previousPlanIn, type Scene } from "./story.ts";

/** Words a moment of a subscription as it is recorded. */
export function momentIn(scene: Scene, { moment, repeatKey }: Told, subscriptionId: string): DecidedMoment {
  const { eventId, type: providerEventType, at } = scene.sighting;
  const data = { subscriptionId, ...dataIn(scene, moment) };
  return { type: moment, repeatKey, providerEventId: eventId, providerEventType, occurredAt: at, data };
}

/** What of its subscription a moment tells the story of: of the moments with one key, all but the first are repeats. */
export function repeatKeyIn(scene: Scene, type: Moment): string {
  const { sighting } = scene;
  switch (type) {
    case "subscription-upgraded":
      return `upgraded ${planKey(sighting.plan)}`;
    case "subscription-canceled":
      return cancellationIn(scene);
    case "payment-failed":
      return `failed ${episodeOf(sighting)}`;
    case "payment-recovered":
      return recoveryIn(scene);
    default:
      return type;
  }
}

/** When it was canceled names a cancellation. Without that it goes on with the last one, unless that was taken back. */
function cancellationIn({ sighting, before }: Scene): string {
  if (sighting.canceledAt !== undefined) return `canceled ${sighting.canceledAt}`;
  const last = before.findLast(
    ({ type, told }) => type === "subscription.uncanceled" || told?.moment === "subscription-canceled",
  );
  return last?.told?.repeatKey ?? `canceled after ${last?.at ?? "the start"}`;
}

function dataIn(scene: Scene, type: Moment): EventData {
  const { status, plan, trialEnd, canceledAt, endsAt, reason } = scene.sighting;
  const money = { ...told("amount", plan.amount), ...told("currency", plan.currency) };
  if (type === "payment-failed" || type === "payment-recovered") return money;
  const subscription = {
    ...told("status", status),
    ...planData(plan),
    ...money,
    ...told("interval", plan.interval),
    ...told("intervalCount", plan.intervalCount),
    ...toldTime("trialEnd", trialEnd),
  };
  if (type === "subscription-upgraded") return { ...subscription, ...previousData(scene) };
  if (type !== "subscription-canceled") return subscription;
  return {
    ...subscription,
    ...toldTime("canceledAt", canceledAt),
    ...toldTime("endsAt", endsAt),
    ...told("reason", reason),
  };
}

/** `previous`: the plan that an upgrade came from, where that is known. */
export function previousData(scene: Scene): EventData {
  const previous = previousPlanIn(scene);
  return previous ? { previous: planData(previous.plan) } : {};
}

function told(key: string, value: string | number | undefined): EventData {
  return value === undefined ? {} : { [key]: value };
}

function toldTime(key: string, ms: number | undefined): EventData {
  return ms === undefined ? {} : { [key]: isoTime(ms) };
}
