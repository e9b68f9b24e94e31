import type { Backfill } from "@mara/store";

/** Fewer seen than this, or less time, tell nothing of the speed. */
const LEAST_SEEN = 100;
const LEAST_MS = 2_000;

type UnderWay = Pick<Backfill, "status" | "isHeldUp" | "total" | "seen" | "startedAt">;

/** About how long an import still takes, in words. `now` in epoch milliseconds. */
export function timeLeft({ status, isHeldUp, total, seen, startedAt }: UnderWay, now: number): string {
  if (isHeldUp) return "Clerk does not answer at the moment, or asks us to wait. It is tried again by itself: there is nothing to do.";
  if (status === "waiting") return "Waits for its turn";
  const elapsed = now - startedAt;
  if (total === null || seen < LEAST_SEEN || elapsed < LEAST_MS) return "Working out how long it takes";
  const seconds = (Math.max(0, total - seen) * elapsed) / seen / 1_000;
  if (seconds < 10) return "A few seconds left";
  if (seconds < 90) return `About ${Math.ceil(seconds / 10) * 10} seconds left`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `About ${minutes} minutes left`;
  return `About ${Math.ceil(minutes / 60)} hours left`;
}
