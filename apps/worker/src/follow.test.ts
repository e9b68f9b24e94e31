import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createLogger, createTracing, type Tracing } from "@mara/runtime";
import { openCollector, type CollectedSpan, type Collector } from "../../../test/support/collector.ts";
import { eventJob } from "../../../test/support/event-job.ts";
import { followJobs, type Following } from "./follow.ts";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

let collector: Collector;
let tracing: Tracing;
let following: Following;

beforeEach(async () => {
  collector = await openCollector();
  const made = await createTracing("worker", { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, createLogger("test", "silent"));
  if (made === null) throw new Error("tracing is off");
  tracing = made;
  following = followJobs(tracing);
});
afterEach(() => collector.close());

/** All spans, by name. */
async function sent(): Promise<Record<string, CollectedSpan[]>> {
  await tracing.close();
  const spans: Record<string, CollectedSpan[]> = {};
  for (const span of collector.spans) (spans[span.name] ??= []).push(span);
  return spans;
}

describe("a job whose delivery is not followed", () => {
  it("leaves no span", async () => {
    const job = eventJob();
    expect(following.attempt(job, 1)).toBeNull();
    following.batch([job])(null);
    expect(await sent()).toEqual({});
  });
});

describe("a job whose delivery is followed", () => {
  it("goes on with its trace, each attempt for itself", async () => {
    const job = eventJob({ trace: TRACE });
    following.attempt(job, 1)?.failed("ECONNRESET");
    following.attempt(job, 2)?.recorded("processed");
    expect((await sent()).work).toMatchObject([
      { traceId: "a".repeat(32), parentSpanId: "b".repeat(16), problem: "ECONNRESET", attributes: { "mara.attempt": 1, "mara.outcome": "attempt failed" } },
      { traceId: "a".repeat(32), parentSpanId: "b".repeat(16), problem: "", attributes: { "mara.attempt": 2, "mara.outcome": "processed" } },
    ]);
  });

  it("shows each transaction that it was in: one that was refused with others, and one of its own", async () => {
    const [job, other] = [eventJob({ trace: TRACE }), eventJob()];
    const attempt = following.attempt(job, 1);
    following.batch([job, other])("23514");
    following.batch([job])(null);
    attempt?.recorded("processed");
    const { work, commit, "commit batch": batches } = await sent();
    expect(commit).toMatchObject([
      { parentSpanId: work?.[0]?.spanId, problem: "23514", attributes: { "mara.batch_size": 2 } },
      { parentSpanId: work?.[0]?.spanId, problem: "", attributes: { "mara.batch_size": 1 } },
    ]);
    expect(commit?.map(({ links }) => links)).toEqual(batches?.map(({ spanId }) => [spanId]));
  });
});
