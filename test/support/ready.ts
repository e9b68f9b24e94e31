import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 60_000;

/** Whether an app says at once that it can do its work. `url` without a slash at its end. */
export function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then((answer) => answer.ok, () => false);
}

interface Patience {
  /** Default: a minute. */
  readonly patienceMs?: number;
  readonly hasEnded?: () => boolean;
}

/**
 * Resolves when an app says that it can do its work. Throws after `patienceMs`, and at once where `hasEnded` says that nobody
 * will answer any more.
 */
export async function untilReady(url: string, { patienceMs = PATIENCE_MS, hasEnded }: Patience = {}): Promise<void> {
  for (const deadline = Date.now() + patienceMs; !(await isReady(url)); await pause(20)) {
    if (hasEnded?.()) throw new Error(`what should answer at ${url} ended before it was ready`);
    if (Date.now() > deadline) throw new Error(`what should answer at ${url} is not ready`);
  }
}
