import type { EventJob } from "@mara/queue";
import type { Span, Tracing } from "@mara/runtime";
import type { Written } from "./record/index.ts";

/** One attempt at a job, as OpenTelemetry follows it. */
export interface FollowedAttempt {
  recorded(outcome: Written): void;
  /** @param code what kind of error it was; it is not told what was in it. */
  failed(code: string): void;
}

/** Goes on with the traces that ingest began. */
export interface Following {
  /** An attempt at a job begins. Null where its delivery is not followed. */
  attempt(job: EventJob, attempt: number): FollowedAttempt | null;
  /** A transaction for these jobs begins. Answers what to call when it is over. */
  batch(jobs: readonly EventJob[]): (problem: string | null) => void;
}

export function followJobs(tracing: Tracing): Following {
  const inHand = new Map<EventJob, Span>();

  return {
    attempt: (job, attempt) => {
      if (job.trace === undefined) return null;
      const span = tracing.begin("work", {
        kind: "consumer",
        parent: job.trace,
        attributes: {
          "mara.delivery": job.deliveryId,
          "mara.tenant": job.tenantId,
          "mara.provider": job.provider,
          "mara.event_type": job.eventType,
          "mara.attempt": attempt,
        },
      });
      inHand.set(job, span);
      const end = (outcome: string, problem: string | null) => {
        inHand.delete(job);
        span.note({ "mara.outcome": outcome });
        span.end(problem);
      };
      return { recorded: (outcome) => end(outcome, null), failed: (code) => end("attempt failed", code) };
    },
    batch: (jobs) => {
      const followed = jobs.flatMap((job) => inHand.get(job) ?? []);
      if (followed.length === 0) return () => undefined;
      // A batch belongs to no delivery's trace, so it has its own; each delivery's has the stretch that it spent in it.
      const batch = tracing.begin("commit batch", { links: followed, attributes: { "mara.batch_size": jobs.length } });
      const commits = followed.map((work) => {
        const commit = work.child("commit");
        commit.note({ "mara.batch_size": jobs.length });
        commit.link(batch);
        return commit;
      });
      return (problem) => {
        for (const span of [...commits, batch]) span.end(problem);
      };
    },
  };
}
