import type { Logger } from "./logger.ts";
import { codeOf, traitsOf } from "./problem.ts";

const QUIET_MS = 30_000;

/**
 * For troubles that may come by the hundred a second while they last: the first of each kind is said at once, and what
 * comes in the half minute after that is only counted, to be told with the next.
 */
export function trouble(log: Logger, what: string, now: () => number = Date.now): (error: unknown) => void {
  const said = new Map<string, { at: number; since: number }>();
  return (error) => {
    const code = codeOf(error);
    const last = said.get(code);
    if (last && now() - last.at < QUIET_MS) {
      last.since++;
      return;
    }
    log.warn({ ...traitsOf(error), ...(last && last.since > 0 && { unsaid: last.since }) }, what);
    said.set(code, { at: now(), since: 0 });
  };
}
