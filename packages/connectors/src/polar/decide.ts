import type { Amendment, DecidedMoment, Decision } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { mapSubscription } from "./mapping.ts";
import { momentIn, previousData, repeatKeyIn } from "./moment.ts";
import { isUpgrade } from "./plan.ts";
import type { Sighting, Told } from "./sighting.ts";
import { isForgotten, place, previousPlanIn, readStory, shorten, type Scene } from "./story.ts";

/**
 * What an event of a subscription becomes. It takes its place in the story by Polar's clock and is judged by what went
 * before. So is everything after it that came too early to be understood: a recovery whose past_due is only now there,
 * an upgrade from a plan that was not known. What was told once stays told, and is told again, unchanged, where its
 * event is decided once more.
 */
export function decideSubscription(subscriptionId: string, sighting: Sighting, history: JsonObject | null): Decision {
  const story = readStory(history);
  const isTooOld = isForgotten(story, sighting);
  const { before, rest } = isTooOld ? { before: [], rest: [sighting] } : place(sighting, story);
  const { sightings, ...decision } = retell(subscriptionId, before, rest);
  return { ...decision, history: isTooOld ? history : shorten({ ...story, sightings }) };
}

type Retold = Omit<Decision, "history"> & { readonly sightings: Sighting[] };

/**
 * Judges the event that has just arrived, the first of `rest`, what happened after it, and of what happened before it
 * the actives, of which one that waits may have a recovery to tell now. A failure is told before the recovery it brings.
 */
function retell(subscriptionId: string, before: readonly Sighting[], rest: readonly Sighting[]): Retold {
  const arrived = rest[0]?.eventId;
  const story = [...before, ...rest];
  const sightings: Sighting[] = [];
  const moments: DecidedMoment[] = [];
  const earlier: DecidedMoment[] = [];
  const amendments: Amendment[] = [];
  let ignored: string | null = null;
  for (const [i, sighting] of story.entries()) {
    const isArrived = i === before.length;
    const isOpen = i >= before.length || sighting.type === "subscription.active";
    const scene = { sighting, before: sightings, after: story.slice(i + 1) };
    const told = sighting.told ?? (isOpen ? judge(scene, isArrived ? undefined : arrived) : null);
    if (told === null || typeof told === "string") {
      if (isArrived) ignored = told;
    } else if (isArrived || told.broughtBy === arrived) {
      (i < before.length ? earlier : moments).push(momentIn(scene, told, subscriptionId));
    } else if (cameFrom(arrived, scene)) {
      amendments.push({ providerEventId: sighting.eventId, data: previousData(scene) });
    }
    sightings.push(told === null || typeof told === "string" ? sighting : { ...sighting, told });
  }
  return { moments: [...moments, ...earlier], amendments, ignored, sightings };
}

/** What becomes of a sighting that nothing was told of yet; in words where that is nothing. */
function judge(scene: Scene, broughtBy: string | undefined): Told | string {
  const { becomes, words } = mapSubscription(scene.sighting, scene);
  // What waits is no conversion: where it seems to be one, the conversion that it came after is forgotten by now.
  if (becomes === "contact" || (becomes === "trial-converted" && broughtBy !== undefined)) return words;
  return { moment: becomes, repeatKey: repeatKeyIn(scene, becomes), broughtBy };
}

/** Whether an upgrade that was told before came, as is now known, from the plan of the event that has just arrived. */
function cameFrom(arrived: string | undefined, scene: Scene): boolean {
  const previous = previousPlanIn(scene);
  if (scene.sighting.told?.moment !== "subscription-upgraded" || previous?.eventId !== arrived) return false;
  return previous !== undefined && isUpgrade(previous.plan, scene.sighting.plan);
}
