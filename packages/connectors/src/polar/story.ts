import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { isKnown, isSamePlan } from "./plan.ts";
import { sightingSchema, type Sighting } from "./sighting.ts";

/** More turns than this no subscription takes in the days within which its events may still come late. */
export const MAX_SIGHTINGS = 24;

const storySchema = z.object({
  /** In the order in which they happened, which need not be that of their arrival. */
  sightings: z.array(sightingSchema),
  /** What happened before this is forgotten: epoch milliseconds. */
  forgottenUntil: z.number().optional(),
});

/** A subscription's history: what its events showed, by Polar's clock. */
export type Story = z.infer<typeof storySchema>;

/** An event among those of its subscription. */
export interface Scene {
  readonly sighting: Sighting;
  /** Oldest first. */
  readonly before: readonly Sighting[];
  readonly after: readonly Sighting[];
}

/** Reads a kept history. One in another form than this tells nothing. */
export function readStory(history: JsonObject | null): Story {
  const story = storySchema.safeParse(history);
  return story.success ? story.data : { sightings: [] };
}

export function isForgotten({ forgottenUntil }: Story, { at }: Sighting): boolean {
  return forgottenUntil !== undefined && at < forgottenUntil;
}

/**
 * Puts a sighting into a story, between what happened before it and what happened after. One that is there already
 * stays where it is, and what was told of it stays told; of two whose order nothing tells, the later to arrive comes later.
 */
export function place(sighting: Sighting, { sightings }: Story): Scene {
  const there = sightings.findIndex(({ eventId }) => eventId === sighting.eventId);
  if (there >= 0) {
    const itself = { ...sighting, told: sightings[there]?.told };
    return { sighting: itself, before: sightings.slice(0, there), after: sightings.slice(there + 1) };
  }
  const index = sightings.findLastIndex((other) => !happenedAfter(other, sighting)) + 1;
  return { sighting, before: sightings.slice(0, index), after: sightings.slice(index) };
}

/** Of two that bear one time, a creation happened first, and otherwise what was modified less. */
function happenedAfter(a: Sighting, b: Sighting): boolean {
  const [createdA, createdB] = [a, b].map(({ type }) => type === "subscription.created");
  if (a.at !== b.at) return a.at > b.at;
  if (createdA !== createdB) return createdB === true;
  return (a.modifiedAt ?? 0) > (b.modifiedAt ?? 0);
}

/** The newest sighting before this one that showed another plan. */
export function previousPlanIn({ sighting, before }: Scene): Sighting | undefined {
  return before.findLast(({ plan }) => isKnown(plan) && !isSamePlan(plan, sighting.plan));
}

/** The sightings around one, itself included, between which the plan did not change. */
export function stretchOfPlan(scene: Scene): Sighting[] {
  return stretchAround(scene, ({ plan }) => isKnown(plan) && !isSamePlan(plan, scene.sighting.plan));
}

/** The sightings around one, itself included, from its past_due on and up to the next. */
export function stretchOfEpisode(scene: Scene): Sighting[] {
  return stretchAround(scene, ({ type }) => type === "subscription.past_due");
}

/** The sightings around one up to those that end the stretch in either direction, these left out. */
function stretchAround({ sighting, before, after }: Scene, ends: (other: Sighting) => boolean): Sighting[] {
  const end = after.findIndex(ends);
  return [...before.slice(before.findLastIndex(ends) + 1), sighting, ...after.slice(0, end < 0 ? after.length : end)];
}

/** The story without what no event to come can make anything of, and never longer than `MAX_SIGHTINGS`. */
export function shorten({ sightings, forgottenUntil }: Story): Story {
  // From the end, each against what stays after it: a story that is shortened once more stays as it is.
  const telling: Sighting[] = [];
  for (const [i, sighting] of [...sightings.entries()].toReversed()) {
    if (isTelling(sighting, sightings[i - 1], telling[0])) telling.unshift(sighting);
  }
  const kept = telling.slice(-MAX_SIGHTINGS);
  const oldest = kept[0];
  return { sightings: kept, forgottenUntil: oldest && kept.length < telling.length ? oldest.at : forgottenUntil };
}

/**
 * In the middle of a stretch of one plan, nothing can be made of a renewal; nor of an update, as long as another comes
 * after it, which can tell of an upgrade as well, should one come late that parts the stretch.
 */
function isTelling(sighting: Sighting, before: Sighting | undefined, after: Sighting | undefined): boolean {
  const { type, plan, told } = sighting;
  if (told || type === "subscription.active" || type === "subscription.uncanceled") return true;
  if (!before || !after || !isSamePlan(before.plan, plan) || !isSamePlan(plan, after.plan)) return true;
  return type === "subscription.updated" && after.type !== "subscription.updated";
}
