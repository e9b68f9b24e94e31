import type { RecordedEvent } from "@mara/store";

/** Providers tell of most things within seconds; what is retried comes minutes and hours after it happened. */
const LATE_MS = 60_000;

/** Whether an event was recorded so long after it happened that one can't be taken for the other. */
export function isRecordedLate({ occurredAt, recordedAt }: RecordedEvent): boolean {
  return recordedAt - occurredAt >= LATE_MS;
}

/**
 * Which events of a page, the newest first, stand higher than one would look for them: they were recorded late, after one that
 * happened later. Where all of them were late, as a history that is played again is, they stand where they belong.
 */
export function latecomersOf(events: readonly RecordedEvent[]): ReadonlySet<string> {
  const latecomers = new Set<string>();
  let latest = Number.NEGATIVE_INFINITY;
  for (const event of events.toReversed()) {
    if (isRecordedLate(event) && latest - event.occurredAt >= LATE_MS) latecomers.add(event.id);
    latest = Math.max(latest, event.occurredAt);
  }
  return latecomers;
}
