import type { DecidedMoment, EventData, Facts, Person, Subject } from "../connector.ts";
import type { Moment } from "../moments.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * One kind of Stripe object that events of the mapping table are about, and the moments it can bring.
 * Both readers throw `UnreadableEvent` where the object lacks what its type promises.
 */
export interface ObjectKind<M extends Moment> {
  /** Stripe's name for it, as in its own `object` key. */
  readonly name: string;
  /** What an event carries that the table makes a moment of. */
  facts(snapshot: Snapshot, becomes: M): Facts;
  /** What one carries that becomes nothing, for this reason; null where nothing is left to do. */
  contactFacts(snapshot: Snapshot, reason: string): Facts | null;
}

/** A moment of this event. `repeatKey` is what makes it the same thing that happened, within its object. */
export function momentOf({ event }: Snapshot, type: Moment, repeatKey: string, data: EventData): DecidedMoment {
  return {
    type,
    repeatKey,
    providerEventId: event.id,
    providerEventType: event.type,
    occurredAt: event.occurredAt,
    data,
  };
}

/**
 * Facts of an event that makes a moment whatever its object's history says. The subject is only for telling repeats.
 * @param moment words it once it is wanted, which is not where the event is received.
 */
export function factsOfMoment(asOf: number, person: Person | null, subject: Subject, moment: () => DecidedMoment): Facts {
  return {
    asOf,
    person,
    subject,
    decide: () => ({ moments: [moment()], amendments: [], history: null, ignored: null }),
  };
}

/** Facts of an event that makes no moment: who its customer is, and their custom fields. */
export function factsOfPerson(asOf: number, person: Person | null, reason: string): Facts | null {
  if (!person) return null;
  return {
    asOf,
    person,
    subject: null,
    decide: () => ({ moments: [], amendments: [], history: null, ignored: reason }),
  };
}
