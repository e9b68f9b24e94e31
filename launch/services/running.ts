import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A program that was started. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves once it has ended, by whatever cause. */
  readonly ended: Promise<void>;
  /** Ends it in order; its data stay. */
  stop(): Promise<void>;
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Sends `signal` and waits for the end; after `patienceMs` it is SIGKILL. */
export async function end(child: ChildProcess, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const last = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await gone;
  clearTimeout(last);
}

/** Resolves once `child` has ended or could not be started at all. */
export function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
}
