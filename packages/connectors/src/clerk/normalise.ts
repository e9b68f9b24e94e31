import {
  UnreadableEvent,
  type Decision,
  type EventData,
  type Facts,
  type Normalised,
  type ProviderEvent,
} from "../connector.ts";
import { objectOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import type { EventType } from "../moments.ts";
import { rowOf } from "./mapping.ts";
import { changedAt, deletedPersonOf, personOf } from "./user.ts";

const REFRESHES = "a change of profile refreshes the contact and records no event";

/** What Clerk's events become: each is decided by its row alone, so there is no history. */
export function normalise(event: ProviderEvent): Normalised {
  const row = rowOf(event.type);
  if (!row) return { table: { kind: "ignored", reason: "this event type becomes nothing" }, facts: null };
  const user = objectOf(event.payload, "data");
  if (!user) throw new UnreadableEvent("data is not an object");
  if (row.becomes === "contact") {
    return { table: { kind: "ignored", reason: REFRESHES }, facts: factsOf(event, user, null) };
  }
  return { table: { kind: "moment", type: row.becomes }, facts: factsOf(event, user, row.becomes) };
}

function factsOf(event: ProviderEvent, user: JsonObject, becomes: EventType | null): Facts {
  const isDeletion = becomes === "user.deleted";
  const person = isDeletion ? deletedPersonOf(user) : personOf(user);
  if (!person?.externalId) throw new UnreadableEvent("data.id is missing");
  const id = person.externalId;
  return {
    // A deletion is dated by its event alone: what is left of the user has no dates.
    asOf: (isDeletion ? null : changedAt(user)) ?? event.occurredAt,
    person,
    subject: becomes && { kind: "user", id },
    decide: () => (becomes ? recorded(event, becomes, { userId: id }) : REFRESHED),
  };
}

const REFRESHED: Decision = { moments: [], amendments: [], history: null, ignored: REFRESHES };

/** A user begins and ends once: whatever else says so repeats it. */
function recorded(event: ProviderEvent, type: EventType, data: EventData): Decision {
  const { id: providerEventId, type: providerEventType, occurredAt } = event;
  return {
    moments: [{ type, repeatKey: type, providerEventId, providerEventType, occurredAt, data }],
    amendments: [],
    history: null,
    ignored: null,
  };
}
