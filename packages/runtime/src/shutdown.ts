import type { Drain } from "./drain.ts";
import type { Logger } from "./logger.ts";

export interface ShutdownOptions {
  readonly log: Logger;
  /** Comes before everything is stopped. Default: none. */
  readonly drain?: Drain;
  /** What to stop, in this order, by the names to use in the log. One that fails does not keep the others from being stopped. */
  readonly stop: Readonly<Record<string, () => Promise<unknown>>>;
  /** So long after the drain the process ends whether all is stopped or not. Default 25 s: container platforms kill after 30. */
  readonly graceMs?: number;
}

/** A terminal's Ctrl-C reaches a program that npm runs twice, once from the terminal and once from npm. */
const ECHO_MS = 1_000;

/**
 * Keeps the process running until SIGTERM or SIGINT, or, where a supervisor started it with an IPC channel, until the
 * supervisor is gone. Then drains, stops in order and ends the process with status 0. A second signal, or the end of the grace,
 * ends it at once with status 1; so does an error that nobody caught.
 */
export function untilSignal({ log, drain, stop, graceMs = 25_000 }: ShutdownOptions): void {
  let askedAt: number | null = null;

  const shutDown = async (why: string) => {
    if (askedAt !== null) {
      if (Date.now() - askedAt < ECHO_MS) return;
      log.warn({ why }, "asked to stop again: ending at once");
      process.exit(1);
    }
    askedAt = Date.now();
    log.info({ why, drainMs: drain?.ms }, "stopping");
    await drain?.begin();
    setTimeout(() => {
      log.error({ graceMs }, "the grace to stop in is over");
      process.exit(1);
    }, graceMs);
    process.exit((await stopAll(stop, log)) ? 0 : 1);
  };

  process.on("SIGTERM", () => void shutDown("SIGTERM"));
  process.on("SIGINT", () => void shutDown("SIGINT"));
  if (process.connected) process.once("disconnect", () => void shutDown("the supervisor is gone"));
  const crash = (err: unknown) => {
    log.fatal({ err }, "an error that nobody caught");
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}

async function stopAll(stop: ShutdownOptions["stop"], log: Logger): Promise<boolean> {
  let clean = true;
  for (const [part, end] of Object.entries(stop)) {
    try {
      await end();
    } catch (err) {
      clean = false;
      log.error({ err, part }, "could not be stopped in order");
    }
  }
  return clean;
}
