import { connectors, type Facts } from "@mara/connectors";
import { keysOf, type IdentityKey } from "@mara/identity";
import type { EventJob } from "@mara/queue";
import { eventKeyOf } from "@mara/store";

/** A job that is ready to be written: read and normalised, which needs no database. */
export interface Prepared {
  readonly job: EventJob;
  /** The key under which the event is recorded once. */
  readonly eventKey: string;
  readonly facts: Facts | null;
  /** Why the table alone makes nothing of it; null where it makes a moment. */
  readonly reason: string | null;
  readonly people: readonly IdentityKey[];
  /** `kind:id` of the object whose history decides. */
  readonly subject: string | null;
}

/** The key of a job's event, which needs no understanding of it. */
export function keyOfEvent({ eventId: providerEventId, deliveryId, dedupe }: EventJob): string {
  return eventKeyOf({ providerEventId, deliveryId, dedupe });
}

/**
 * Reads and normalises a job's event.
 * Throws `UnreadableEvent` where the event can't be understood: it never will be, so retrying is no use.
 */
export function prepare(job: EventJob): Prepared {
  const connector = connectors[job.provider];
  const event = connector.read({ id: job.eventId, body: job.body, receivedAt: job.receivedAt });
  const { table, facts } = connector.normalise(event);
  return {
    job,
    eventKey: keyOfEvent(job),
    facts,
    reason: table.kind === "ignored" ? table.reason : null,
    people: facts?.person ? keysOf(job.provider, facts.person) : [],
    subject: facts?.subject ? `${facts.subject.kind}:${facts.subject.id}` : null,
  };
}
