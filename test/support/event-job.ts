import type { EventJob } from "@mara/queue";
import { v7 as uuid } from "uuid";

let made = 0;

/** A job as ingest would make it: of tenant `demo` and Stripe, with ids of its own, unless `changes` say otherwise. */
export function eventJob(changes: Partial<EventJob> = {}): EventJob {
  return {
    tenantId: "demo",
    provider: "stripe",
    deliveryId: changes.receivedAt === undefined ? uuid() : uuid({ msecs: changes.receivedAt }),
    eventId: `evt_${++made}`,
    eventType: "invoice.payment_failed",
    receivedAt: Date.now(),
    secretId: null,
    requestId: null,
    dedupe: true,
    replay: false,
    body: '{"id":"evt"}',
    ...changes,
  };
}
