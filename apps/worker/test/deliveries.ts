import { connectors, type Provider, type SampleOptions } from "@mara/connectors";
import type { EventJob } from "@mara/queue";
import { v7 as uuid } from "uuid";
import { eventJob } from "../../../test/support/event-job.ts";

export const T0 = Date.UTC(2026, 10, 1);

/** A job as ingest enqueues it. */
export function jobWith(tenantId: string, provider: Provider, event: { id: string; type: string; body: string }, changes: Partial<EventJob> = {}): EventJob {
  return eventJob({
    tenantId,
    provider,
    deliveryId: uuid(),
    eventId: event.id,
    eventType: event.type,
    receivedAt: T0,
    requestId: "request-1",
    body: event.body,
    ...changes,
  });
}

/** A job with one of the connectors' samples in it. */
export function sampleJob(
  tenantId: string,
  provider: Provider,
  type: string,
  options: Partial<SampleOptions> = {},
  changes: Partial<EventJob> = {},
): EventJob {
  const samples: Readonly<Record<string, (options: SampleOptions) => { id: string; type: string; body: string }>> =
    connectors[provider].samples;
  const make = samples[type];
  if (!make) throw new Error(`${provider} has no sample of ${type}`);
  const at = options.at ?? T0;
  return jobWith(tenantId, provider, make({ at, seed: "one", ...options }), { receivedAt: at, ...changes });
}

/** The same event once more, as another delivery. */
export function again(job: EventJob, changes: Partial<EventJob> = {}): EventJob {
  return { ...job, deliveryId: uuid(), ...changes };
}

/** A job whose event is the given one with changes laid over its body. */
export function reworded(job: EventJob, change: (body: string) => string): EventJob {
  return { ...job, body: change(job.body) };
}

/**
 * A Polar recovery after a past_due, of a subscription without a trial. While the past_due is not known it becomes nothing;
 * with a trial behind it, the table would take it for its conversion.
 */
export function polarRecovery(tenantId: string, options: Partial<SampleOptions>, changes: Partial<EventJob> = {}): EventJob {
  return reworded(sampleJob(tenantId, "polar", "subscription.active", options, changes), (body) =>
    body.replace(/"trial_start":"[^"]*"/, '"trial_start":null').replace(/"trial_end":"[^"]*"/, '"trial_end":null'),
  );
}
