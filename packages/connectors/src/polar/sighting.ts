import { z } from "zod";
import { UnreadableEvent, type ProviderEvent } from "../connector.ts";
import { idOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { MOMENTS } from "../moments.ts";
import { parseTime } from "../time.ts";
import { planOf, planSchema } from "./plan.ts";

/** The moment that was told of a sighting. */
const toldSchema = z.object({
  moment: z.enum(MOMENTS),
  repeatKey: z.string(),
  /** The event whose arrival brought it out, where that is a later one. */
  broughtBy: z.string().optional(),
});

/**
 * What one event showed of its subscription: all that is decided from it, now or when an earlier one comes late.
 * Times are epoch milliseconds. Absent keys were not told. JSON: the history keeps it as it stands.
 */
export const sightingSchema = z.object({
  eventId: z.string(),
  type: z.string(),
  /** When it happened, by Polar's clock. */
  at: z.number(),
  modifiedAt: z.number().optional(),
  status: z.string().optional(),
  plan: planSchema,
  trialEnd: z.number().optional(),
  /** The event says that there was no trial. One that says nothing of trials is not so sure. */
  neverTried: z.literal(true).optional(),
  periodStart: z.number().optional(),
  pastDueAt: z.number().optional(),
  canceledAt: z.number().optional(),
  endsAt: z.number().optional(),
  reason: z.string().optional(),
  told: toldSchema.optional(),
});

export type Told = z.infer<typeof toldSchema>;

export type Sighting = z.infer<typeof sightingSchema>;

const MAX_WORD = 64;

/** Reads the subscription in `data`, the object of a `subscription.*` event. */
export function sightingOf(event: ProviderEvent, data: JsonObject): Sighting {
  return {
    eventId: event.id,
    type: event.type,
    at: event.occurredAt,
    modifiedAt: timeOf(data, "modified_at"),
    status: textOf(data, "status", MAX_WORD) ?? undefined,
    plan: planOf(data),
    trialEnd: timeOf(data, "trial_end"),
    neverTried: data.trial_start === null && data.trial_end === null ? true : undefined,
    periodStart: timeOf(data, "current_period_start"),
    pastDueAt: timeOf(data, "past_due_at"),
    canceledAt: timeOf(data, "canceled_at"),
    endsAt: timeOf(data, "ends_at") ?? timeOf(data, "ended_at"),
    reason: textOf(data, "customer_cancellation_reason", MAX_WORD) ?? undefined,
  };
}

/** The id of a subscription or an order. Throws `UnreadableEvent` where there is none. */
export function ownIdOf(data: JsonObject): string {
  const id = idOf(data, "id");
  if (id === null) throw new UnreadableEvent("data.id is missing");
  return id;
}

function timeOf(object: JsonObject, key: string): number | undefined {
  return parseTime(textOf(object, key)) ?? undefined;
}
