import {
  UnreadableEvent,
  type Decision,
  type Facts,
  type Normalised,
  type ProviderEvent,
} from "../connector.ts";
import { objectOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { parseTime } from "../time.ts";
import { decideSubscription } from "./decide.ts";
import { mapOrder, mapSubscription, subjectOf } from "./mapping.ts";
import { orderOf, type Order } from "./order.ts";
import { personOf } from "./person.ts";
import { decideRefund } from "./refunds.ts";
import { ownIdOf, sightingOf } from "./sighting.ts";

/** What Polar's events become. Everything but the table's types is decided by the type alone. */
export function normalise(event: ProviderEvent): Normalised {
  const subject = subjectOf(event.type);
  if (subject === null) return { table: { kind: "ignored", reason: "this event type becomes nothing" }, facts: null };
  const data = objectOf(event.payload, "data");
  if (!data) throw new UnreadableEvent("data is not an object");
  return subject === "subscription" ? normaliseSubscription(event, data) : normaliseOrder(event, data);
}

function normaliseSubscription(event: ProviderEvent, data: JsonObject): Normalised {
  const id = ownIdOf(data);
  const sighting = sightingOf(event, data);
  const { becomes, words } = mapSubscription(sighting, null);
  const facts = factsOf(event, data, { kind: "subscription", id }, (history) => decideSubscription(id, sighting, history));
  return becomes === "contact"
    ? { table: { kind: "ignored", reason: words }, facts }
    : { table: { kind: "moment", type: becomes }, facts };
}

function normaliseOrder(event: ProviderEvent, data: JsonObject): Normalised {
  const order = orderOf(data);
  const { becomes, words } = mapOrder(event.type, order);
  if (becomes === "contact") {
    const facts = factsOf(event, data, null, () => ({ moments: [], amendments: [], history: null, ignored: words }));
    return { table: { kind: "ignored", reason: words }, facts: facts.person ? ofOrder(facts, event, data) : null };
  }
  const decide = becomes === "refund-issued" ? decideRefund : decidePurchase;
  const subject = { kind: "order", id: order.id } as const;
  const facts = factsOf(event, data, subject, (history) => decide(order, event, history));
  return { table: { kind: "moment", type: becomes }, facts: ofOrder(facts, event, data) };
}

/**
 * An order's metadata is as old as the order, however late it is refunded. The customer's, which comes with it, may be
 * newer: it counts as no newer either, because it comes with every event of theirs.
 */
function ofOrder(facts: Facts, event: ProviderEvent, data: JsonObject): Facts {
  const createdAt = parseTime(textOf(data, "created_at"));
  if (facts.person === null || createdAt === null || createdAt > event.occurredAt) return facts;
  return { ...facts, person: { ...facts.person, attributesAsOf: createdAt } };
}

/** An order is bought once; what is known of its refunds stays known. */
function decidePurchase(order: Order, event: ProviderEvent, history: JsonObject | null): Decision {
  const { id: providerEventId, type: providerEventType, occurredAt } = event;
  const data = {
    orderId: order.id,
    ...(order.total === null ? {} : { amount: order.total }),
    ...(order.currency === null ? {} : { currency: order.currency }),
  };
  const moment = { type: "purchase", repeatKey: "purchase", providerEventId, providerEventType, occurredAt, data } as const;
  return { moments: [moment], amendments: [], history, ignored: null };
}

function factsOf(event: ProviderEvent, data: JsonObject, subject: Facts["subject"], decide: Facts["decide"]): Facts {
  return { asOf: event.occurredAt, person: personOf(data), subject, decide };
}
