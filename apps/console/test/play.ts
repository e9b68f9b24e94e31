import { connectors, type Connector, type Provider, type SampleOptions } from "@mara/connectors";
import type { EventJob } from "@mara/queue";
import { createLogger } from "@mara/runtime";
import type { Store } from "@mara/store";
import { createPatience, createRecorder } from "@mara/worker";
import { eventJob } from "../../../test/support/event-job.ts";

const log = createLogger("worker", "silent");

export interface Played extends Partial<SampleOptions> {
  readonly secretId?: string;
  readonly requestId?: string;
}

/** Records a connector's sample as the worker would, at the time at which it happens. Answers its delivery's id. */
export async function play(store: Store, tenantId: string, provider: Provider, sample: string, played: Played = {}): Promise<string> {
  const job = jobOf(tenantId, provider, sample, played);
  await createRecorder({ store, log, patience: createPatience(log) }).record(job);
  return job.deliveryId;
}

/** Writes a sample's delivery down as one that failed for good. Answers its id. */
export async function playFailure(store: Store, tenantId: string, provider: Provider, sample: string, reason: string, played: Played = {}): Promise<string> {
  const job = jobOf(tenantId, provider, sample, played);
  await createRecorder({ store, log, patience: createPatience(log) }).fail(job, reason);
  return job.deliveryId;
}

function jobOf(tenantId: string, provider: Provider, sample: string, { secretId, requestId, ...options }: Played): EventJob {
  const samples: Connector["samples"] = connectors[provider].samples;
  const make = samples[sample];
  if (make === undefined) throw new Error(`${provider} has no sample of ${sample}`);
  const at = options.at ?? Date.now();
  const { id, type, body } = make({ seed: "one", ...options, at });
  return eventJob({
    tenantId,
    provider,
    eventId: id,
    eventType: type,
    receivedAt: at,
    secretId: secretId ?? null,
    requestId: requestId ?? null,
    body,
  });
}
