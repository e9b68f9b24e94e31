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
  const { earlier, own, later } = retell(isTooOld ? { sighting, before: [], after: [] } : place(sighting, story));
  const arrived = sighting.eventId;
  // A failure is told before the recovery that it brings to what happened before it.
  const brought = momentsBroughtBy(arrived, [...later, ...earlier], subscriptionId);
  const rest = {
    amendments: amendmentsBy(arrived, later),
    history: isTooOld ? history : shorten({ ...story, sightings: [...earlier, own, ...later].map(asTold) }),
  };
  return own.fate.kind === "moment"
    ? { moments: [momentIn(own.scene, own.fate.told, subscriptionId), ...brought], ignored: null, ...rest }
    : { moments: brought, ignored: own.fate.words, ...rest };
}

/** What becomes of a sighting: a moment, told now or before, or nothing, for a reason. */
type Fate = { readonly kind: "moment"; readonly told: Told } | { readonly kind: "nothing"; readonly words: string };

interface Judged {
  readonly scene: Scene;
  readonly fate: Fate;
}

interface Retold {
  readonly earlier: readonly Judged[];
  readonly own: Judged;
  readonly later: readonly Judged[];
}

/**
 * Judges the event that has just arrived, what happened after it, and of what happened before it the actives, of which one
 * that waits may have a recovery to tell now.
 */
function retell({ sighting, before, after }: Scene): Retold {
  const broughtBy = sighting.eventId;
  const earlier = judgeInTurn(before, { before: [], after: [sighting, ...after] }, (scene) =>
    scene.sighting.told || scene.sighting.type === "subscription.active" ? fateOf(scene, broughtBy) : JUDGED_BEFORE,
  );
  const scene = { sighting, before: earlier.map(asTold), after };
  const own = { scene, fate: fateOf(scene, undefined) };
  const past = { before: [...scene.before, asTold(own)], after: [] };
  return { earlier, own, later: judgeInTurn(after, past, (each) => fateOf(each, broughtBy)) };
}

/** Judges what happened between `before` and `after`, each in the light of what became of those before it. */
function judgeInTurn(
  sightings: readonly Sighting[],
  { before, after }: Omit<Scene, "sighting">,
  judge: (scene: Scene) => Fate,
): Judged[] {
  const judged: Judged[] = [];
  const past = [...before];
  for (const [i, sighting] of sightings.entries()) {
    const scene = { sighting, before: [...past], after: [...sightings.slice(i + 1), ...after] };
    const each = { scene, fate: judge(scene) };
    judged.push(each);
    past.push(asTold(each));
  }
  return judged;
}

const JUDGED_BEFORE: Fate = { kind: "nothing", words: "nothing came of it when it was judged" };

/** @param broughtBy the event whose arrival asks, where that is a later one. */
function fateOf(scene: Scene, broughtBy: string | undefined): Fate {
  const { told } = scene.sighting;
  if (told) return { kind: "moment", told };
  const { becomes, words } = mapSubscription(scene.sighting, scene);
  // What waits is no conversion: where it seems to be one, the conversion that it came after is forgotten by now.
  if (becomes === "contact" || (becomes === "trial-converted" && broughtBy !== undefined)) return { kind: "nothing", words };
  return { kind: "moment", told: { moment: becomes, repeatKey: repeatKeyIn(scene, becomes), broughtBy } };
}

function asTold({ scene: { sighting }, fate }: Judged): Sighting {
  return fate.kind === "moment" && fate.told !== sighting.told ? { ...sighting, told: fate.told } : sighting;
}

/** The moments of other events that the one that has just arrived brings out. */
function momentsBroughtBy(arrived: string, judged: readonly Judged[], subscriptionId: string): DecidedMoment[] {
  return judged.flatMap(({ scene, fate }) =>
    fate.kind === "moment" && fate.told.broughtBy === arrived ? [momentIn(scene, fate.told, subscriptionId)] : [],
  );
}

/** Of the upgrades that were told before, those that came, as is now known, from the plan of the event that has just arrived. */
function amendmentsBy(arrived: string, later: readonly Judged[]): Amendment[] {
  return later.flatMap(({ scene }) => {
    const { eventId, plan, told } = scene.sighting;
    if (told?.moment !== "subscription-upgraded" || told.broughtBy === arrived) return [];
    const previous = previousPlanIn(scene);
    const cameFromIt = previous?.eventId === arrived && isUpgrade(previous.plan, plan);
    return cameFromIt ? [{ providerEventId: eventId, data: previousData(scene) }] : [];
  });
}
