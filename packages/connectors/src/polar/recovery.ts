import type { Sighting } from "./sighting.ts";
import { stretchOfEpisode, type Scene } from "./story.ts";

/** When the subscription fell past due names the episode. */
export function episodeOf({ pastDueAt, at }: Sighting): number {
  return pastDueAt ?? at;
}

/** The failure that an event came after, recovered or not. */
export function failureBefore({ before }: Scene): Sighting | undefined {
  return before.findLast(({ type }) => type === "subscription.past_due");
}

/**
 * The recovery that is left for an `active` to tell, as its repeat key; null where there is none. It is that of the
 * past_due before it, unless another active told that already. That one may have overtaken a past_due of its own, and
 * have been taken for the recovery of the one before: then this active tells the recovery of that later failure, so that
 * each failure has its own once all have come, in whatever order.
 */
export function recoveryToTell(scene: Scene): string | null {
  const story = [...scene.before, scene.sighting, ...scene.after];
  const passed = new Set<Sighting>();
  let failure = failureBefore(scene);
  while (failure && !passed.has(failure)) {
    passed.add(failure);
    const repeatKey = recoveryOf(failure, story);
    const teller = story.find(({ type, told }) => type === "subscription.active" && told?.repeatKey === repeatKey);
    if (!teller) return repeatKey;
    failure = failureBefore(sceneOf(teller, story));
  }
  return null;
}

/**
 * Whether an `active` tells once more of the recovery before it. In a billing period there is hardly a second one; a later
 * period's may be that of a failure which is still to come.
 */
export function isRecoveryAgain({ sighting, before }: Scene): boolean {
  const failure = before.findLastIndex(({ type }) => type === "subscription.past_due");
  if (failure < 0) return false;
  const recoveries = before.slice(failure + 1).filter(({ told }) => told?.moment === "payment-recovered");
  return recoveries.some(({ periodStart }) => periodStart === sighting.periodStart);
}

/** One recovery an episode, whichever event told it first, and whether or not its past_due was known by then. */
export function recoveryIn(scene: Scene): string {
  const left = scene.sighting.type === "subscription.active" ? recoveryToTell(scene) : null;
  return left ?? namedIn(stretchOfEpisode(scene)) ?? `recovered ${episodeOf(failureBefore(scene) ?? scene.sighting)}`;
}

function recoveryOf(failure: Sighting, story: readonly Sighting[]): string {
  const { after } = sceneOf(failure, story);
  const next = after.findIndex(({ type }) => type === "subscription.past_due");
  return namedIn(next < 0 ? after : after.slice(0, next)) ?? `recovered ${episodeOf(failure)}`;
}

/** A `subscription.recovered` is told whatever is known: before its past_due, under a name of its own. */
function namedIn(episode: readonly Sighting[]): string | undefined {
  return episode.find(({ type, told }) => type === "subscription.recovered" && told)?.told?.repeatKey;
}

function sceneOf(sighting: Sighting, story: readonly Sighting[]): Scene {
  const index = story.indexOf(sighting);
  return { sighting, before: story.slice(0, index), after: story.slice(index + 1) };
}
