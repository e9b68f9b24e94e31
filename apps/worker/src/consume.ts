import { UnreadableEvent } from "@mara/connectors";
import { EVENT_ATTEMPTS, type EventJob, type EventWork } from "@mara/queue";
import { codeOf, trouble, type Logger } from "@mara/runtime";
import type { Following } from "./follow.ts";
import type { WorkerMetrics } from "./metrics.ts";
import { Closing, UnknownTenant, Unrecordable, type Recorder } from "./record/index.ts";

/**
 * What an event's job does: hand its delivery to the recorder, and write down what was given up.
 * @param following null where nobody follows deliveries.
 */
export function eventWork(recorder: Recorder, metrics: WorkerMetrics, log: Logger, following: Following | null): EventWork {
  return {
    work: async (job, attempt) => {
      const followed = following?.attempt(job, attempt);
      const outcome = await recorder.record(job).catch((error: unknown) => {
        if (attempt < EVENT_ATTEMPTS && !isPermanent(error) && !(error instanceof Closing)) metrics.retried(job);
        followed?.failed(codeOf(error));
        throw error;
      });
      followed?.recorded(outcome);
      metrics.settled(job, outcome);
      if (log.isLevelEnabled("debug")) log.debug({ ...namesOf(job), outcome, attempt }, "a delivery was recorded");
    },
    failed: async (job, reason) => {
      log.warn({ ...namesOf(job), reason }, "a delivery was given up");
      try {
        metrics.failed(job, reason, await recorder.fail(job, reason));
      } catch (error) {
        // There is nobody in whose list it could stand.
        if (!(error instanceof UnknownTenant)) throw error;
      }
    },
    permanent: isPermanent,
    onError: trouble(log, "the event queues have trouble"),
  };
}

function isPermanent(error: unknown): boolean {
  return error instanceof UnreadableEvent || error instanceof UnknownTenant || error instanceof Unrecordable;
}

function namesOf({ tenantId, provider, deliveryId, requestId }: EventJob) {
  return { tenantId, provider, deliveryId, requestId };
}
