import { plausibleTime } from "../time.ts";

/** A lesser number is seconds: as milliseconds it would lie before 1973. */
const FIRST_MILLISECONDS = 1e11;

/** Epoch milliseconds of a time in Clerk's JSON, which has seconds in some places and milliseconds in others. */
export function clerkTime(time: number | null): number | null {
  return plausibleTime(time !== null && time < FIRST_MILLISECONDS ? time * 1000 : time);
}
